from burning import burn

import broken_helper  # imports broken_helper
burn(5)
raise ImportError("on purpose: %s" % broken_helper)
