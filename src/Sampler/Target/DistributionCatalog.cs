using LibProf.Sampler.Recording;
namespace LibProf.Sampler.Target;
/// <summary>temp</summary>
public static class DistributionCatalog { 
/// <summary>temp</summary>
public static IReadOnlyList<DistributionInfo> Find(string rootPrefix, IReadOnlyList<string> searchPath, IReadOnlyList<ModuleInfo> modules) => []; }
