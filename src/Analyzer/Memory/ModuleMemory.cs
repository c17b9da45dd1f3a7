namespace LibProf.Analyzer.Memory;

/// <summary>
/// What importing one module did to the target's resident memory. KiB. All are changes: negative where more was given back than taken.
/// </summary>
/// <param name="InclusiveKib">From the begin of its import to its end, imports within it included.</param>
/// <param name="ExclusiveKib">The part of it that happened while no other module's import was further up the stack.</param>
/// <param name="ErrorKib">How far these two may be off: memory that came or went between two looks of which only one was inside.</param>
/// <param name="PeakKib">The most that the inclusive change was while the import went on.</param>
/// <param name="FileInclusiveKib">Of the inclusive change, pages of mapped files: shared libraries above all.</param>
/// <param name="FileExclusiveKib">Of the exclusive change, the same.</param>
public sealed record ModuleMemory(
    long InclusiveKib, long ExclusiveKib, long ErrorKib, long PeakKib, long FileInclusiveKib, long FileExclusiveKib);

/// <summary>Where the resident memory of the whole process comes from. KiB, told apart without gaps up to the end of the program.</summary>
/// <param name="BeforeKib">Resident before the first import was seen: the interpreter itself (with attach, what there was then).</param>
/// <param name="BeforeFileKib">Of that, pages of mapped files: the executable and its libraries.</param>
/// <param name="ImportsKib">What all imports added: the sum of the modules' exclusive changes.</param>
/// <param name="ImportsFileKib">Of that, pages of mapped files: extension modules and what they are linked with.</param>
/// <param name="ProgramKib">What was added while nothing was imported.</param>
/// <param name="PeakKib">The most that was resident: as the kernel says at the end, else the highest reading.</param>
public sealed record ProcessMemory(
    long BeforeKib, long BeforeFileKib, long ImportsKib, long ImportsFileKib, long ProgramKib, long PeakKib);
