"""Has C code take 5 MiB."""
import ctypes

from hold import hold

c = ctypes.CDLL(None)
c.malloc.restype = ctypes.c_void_p
c.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
data = c.malloc(ctypes.c_size_t(5 << 20))
c.memset(data, 1, 5 << 20)
hold()
