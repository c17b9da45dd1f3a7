namespace LibProf.Cli.Tests.Imports;

/// <summary>Tests of what libprof sees within milliseconds have the processors for themselves, as far as other tests are concerned.</summary>
[CollectionDefinition(nameof(OneAtATime), DisableParallelization = true)]
public sealed class OneAtATime;
