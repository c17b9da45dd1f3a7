using LibProf.Sampler.Elf;
using LibProf.Sampler.Target;
using Microsoft.Diagnostics.Runtime;

namespace LibProf.Sampler.Memory;

/// <summary>A file that was mapped by a process of which there is a core.</summary>
internal sealed class CoreModule : IDisposable
{
    private const ulong PageMask = ~0xfffUL;

    private readonly CoreDumpMemory _core;
    private string _buildId;
    private MappedFile? _file;
    private ElfImage? _image;
    private bool _opened;
    private ulong _bias;

    /// <summary>Takes what ClrMD knows of it.</summary>
    /// <param name="core">The core file.</param>
    /// <param name="module">The module.</param>
    public CoreModule(CoreDumpMemory core, ModuleInfo module)
    {
        _core = core;
        FileName = module.FileName!;
        Start = module.ImageBase;
        Size = (ulong)Math.Max(module.ImageSize, 0);
        _buildId = module.BuildId.IsDefaultOrEmpty ? "" : Convert.ToHexStringLower(module.BuildId.AsSpan());
    }

    /// <summary>The path as the process saw it.</summary>
    public string FileName { get; }

    /// <summary>Address of its begin.</summary>
    public ulong Start { get; }

    /// <summary>Bytes from there; 0 when it is no ELF file.</summary>
    public ulong Size { get; }

    /// <summary>The file, when it is there and is the one of that time by its build id; else null.</summary>
    public MappedFile? File
    {
        get
        {
            Open();
            return _image is null ? null : _file;
        }
    }

    /// <summary>How it was mapped, from the program headers that the core kept; one mapping when it kept none.</summary>
    public MappedModule ToMappedModule()
    {
        MappedModule whole = new(FileName, Deleted: false, 0, 0, [Map(Start, Start + Math.Max(Size, 1), 0)]);
        if (!ElfImage.TryRead(new DumpedMemory(_core, whole), out ElfImage? image) || !image.TryGetLoadBias(Start, 0, out ulong bias))
        {
            return whole;
        }

        ProcessMapping[] mappings = [.. image.Segments
            .Where(segment => segment.IsLoad && segment.FileSize > 0 && segment.FileSize <= Size)
            .Select(segment => Map(
                bias + (segment.Address & PageMask), bias + segment.Address + segment.FileSize, segment.Offset & PageMask))
            .OrderBy(mapping => mapping.Start)];
        return mappings.Length > 0 && mappings[0].Start == Start ? whole with { Mappings = mappings } : whole;
    }

    /// <summary>Reads bytes that the file had loaded at an address.</summary>
    public bool TryReadLoaded(ulong address, Span<byte> destination)
    {
        Open();
        return _image is not null && _image.TryReadAddress(address - _bias, destination);
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private void Open()
    {
        if (_opened)
        {
            return;
        }

        _opened = true;
        if (_buildId.Length == 0 && ElfImage.TryRead(new DumpedMemory(_core, ToMappedModule()), out ElfImage? dumped))
        {
            _buildId = dumped.BuildId;
        }

        // A core that kept not even the first page says nothing against the file.
        if (Size > 0 && MappedFile.TryOpen(FileName, out _file) && ElfImage.TryRead(_file, out ElfImage? image)
            && (_buildId.Length == 0 || image.BuildId == _buildId) && image.TryGetLoadBias(Start, 0, out _bias))
        {
            _image = image;
        }
    }

    private ProcessMapping Map(ulong start, ulong end, ulong offset) =>
        new(start, end, Readable: true, Writable: false, Executable: true, offset, 0, 0, FileName, Deleted: false);

    /// <summary>The module's file as far as the core itself holds it.</summary>
    private sealed class DumpedMemory(CoreDumpMemory core, MappedModule module) : IElfSource
    {
        public bool TryRead(ulong offset, Span<byte> destination) =>
            module.TryGetAddress(offset, out ulong address, out ulong available) && (ulong)destination.Length <= available
            && core.TryReadDumped(address, destination);
    }
}
