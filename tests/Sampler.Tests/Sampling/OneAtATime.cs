namespace LibProf.Sampler.Tests.Sampling;

/// <summary>Tests that compare shares of time have the processors for themselves, as far as other tests are concerned.</summary>
[CollectionDefinition(nameof(OneAtATime), DisableParallelization = true)]
public sealed class OneAtATime;
