namespace LibProf.Analyzer.Imports;

/// <summary>How far an import has come, told from the frames between <c>_find_and_load</c> and the leaf.</summary>
internal enum LoadStep : byte
{
    /// <summary>Not inside an import.</summary>
    Outside,
    /// <summary>In <c>_find_and_load</c> and its helpers, before and between the steps.</summary>
    Between,
    /// <summary>Waiting for the module's lock: another thread imports the same module.</summary>
    Waiting,
    /// <summary>In <c>_find_spec</c>: whatever is called from there is the search.</summary>
    Finding,
    /// <summary>In a loader's <c>create_module</c>.</summary>
    Creating,
    /// <summary>In <c>exec_module</c> or <c>load_module</c> of a loader of which no more is known (no qualified names before 3.11).</summary>
    Loading,
    /// <summary>The same, known to be a loader of source or compiled files.</summary>
    LoadingCode,
    /// <summary>The same, known to be a loader of shared libraries or built-in modules.</summary>
    LoadingNative,
    /// <summary>In <c>exec_module</c> of a loader that is not the import system's own.</summary>
    LoadingForeign,
    /// <summary>In C code called by a loader to run the module, or to initialise a native one.</summary>
    Calling,
    /// <summary>In <c>get_code</c>.</summary>
    GettingCode,
    /// <summary>Reading, validating or unmarshalling; whatever is called from there too.</summary>
    Reading,
    /// <summary>Compiling or writing the compiled file; whatever is called from there too.</summary>
    Compiling,
    /// <summary>Running the module's body; whatever is called from there too.</summary>
    Executing,
}

/// <summary>
/// The rules of <see cref="LoadStep"/>: one frame further from <c>_find_and_load</c> towards the leaf.
/// The names are those of <c>Lib/importlib/_bootstrap.py</c>, <c>_bootstrap_external.py</c> and <c>Lib/zipimport.py</c> of 3.6 to 3.15.
/// </summary>
internal static class LoadSteps
{
    /// <summary>The phase that time at a leaf in this step is billed to.</summary>
    public static ImportPhase Phase(LoadStep step) => step switch
    {
        LoadStep.Creating or LoadStep.LoadingNative or LoadStep.Calling => ImportPhase.Load,
        LoadStep.Loading or LoadStep.LoadingCode or LoadStep.GettingCode or LoadStep.Reading => ImportPhase.Read,
        LoadStep.Compiling => ImportPhase.Compile,
        LoadStep.Executing or LoadStep.LoadingForeign => ImportPhase.Execute,
        _ => ImportPhase.Find,
    };

    /// <summary>The phase of the outer import that a nested one belongs to.</summary>
    /// <param name="caller">The outer import's step at the frame that imports.</param>
    public static ImportPhase PhaseOfNested(LoadStep caller) => caller switch
    {
        LoadStep.Waiting or LoadStep.Finding => ImportPhase.Find,
        LoadStep.GettingCode or LoadStep.Reading => ImportPhase.Read,
        LoadStep.Compiling => ImportPhase.Compile,
        // A parent package is imported straight from _find_and_load_unlocked, before the search.
        _ => ImportPhase.Execute,
    };

    /// <summary>The step after one more frame.</summary>
    /// <param name="step">The step so far.</param>
    /// <param name="function">The frame's function.</param>
    public static LoadStep Next(LoadStep step, in MachineryFunction function) => step switch
    {
        LoadStep.Between => FromBetween(function),
        LoadStep.Creating => FromCreating(function),
        LoadStep.Loading or LoadStep.LoadingCode or LoadStep.LoadingNative => FromLoading(step, function),
        LoadStep.LoadingForeign => FromForeign(function),
        LoadStep.Calling => function.IsMachinery ? LoadStep.Calling : LoadStep.Executing,
        LoadStep.GettingCode => FromGettingCode(function.Name),
        _ => step,
    };

    private static LoadStep FromBetween(in MachineryFunction function)
    {
        switch (function.File)
        {
            case MachineryFile.None:
                // _load_unlocked calls a loader of the program's own; anything else up here is a callback (a collector's, a tracer's).
                return function.Name switch
                {
                    "exec_module" or "load_module" or "create_module" => LoadStep.LoadingForeign,
                    "<module>" => LoadStep.Executing, // the C zipimporter before 3.8 runs the body straight from here
                    _ => LoadStep.Between,
                };
            default:
                return function.Name switch
                {
                    "_find_spec" => LoadStep.Finding,
                    "acquire" or "_lock_unlock_module" or "__enter__" => LoadStep.Waiting,
                    "create_module" => LoadStep.Creating,
                    "exec_module" or "load_module" or "_exec" => Loader(function),
                    _ => LoadStep.Between,
                };
        }
    }

    private static LoadStep Loader(in MachineryFunction function) => function.Owner switch
    {
        "ExtensionFileLoader" or "BuiltinImporter" or "AppleFrameworkLoader" => LoadStep.LoadingNative,
        "" => LoadStep.Loading,
        _ => LoadStep.LoadingCode,
    };

    private static LoadStep FromCreating(in MachineryFunction function) =>
        function.IsMachinery ? LoadStep.Creating : LoadStep.Executing;

    private static LoadStep FromLoading(LoadStep step, in MachineryFunction function)
    {
        if (!function.IsMachinery)
        {
            // Subclasses of the import system's loaders override get_code and what it calls.
            return function.Name is "get_code" or "get_data" or "path_stats" or "source_to_code"
                ? FromGettingCode(function.Name)
                : LoadStep.Executing;
        }

        return function.Name switch
        {
            "get_code" or "_get_module_code" => LoadStep.GettingCode,
            // exec() starts the body's frame at once: time seen here is a shared library's, unless the loader is known to be another.
            "_call_with_frames_removed" => step == LoadStep.LoadingCode ? LoadStep.Executing : LoadStep.Calling,
            "exec_module" or "load_module" => step == LoadStep.Loading ? Loader(function) : step,
            _ => step,
        };
    }

    private static LoadStep FromForeign(in MachineryFunction function)
    {
        if (function.Name == "<module>")
        {
            return LoadStep.Executing;
        }

        return function.IsMachinery
            ? function.Name switch
            {
                "exec_module" or "load_module" => Loader(function),
                "create_module" => LoadStep.Creating,
                "get_code" or "_get_module_code" => LoadStep.GettingCode,
                _ => LoadStep.LoadingForeign,
            }
            : LoadStep.LoadingForeign;
    }

    private static LoadStep FromGettingCode(string name) => name switch
    {
        "get_code" or "_get_module_code" or "_call_with_frames_removed" => LoadStep.GettingCode,
        "source_to_code" or "_compile_source" => LoadStep.Compiling,
        "_cache_bytecode" or "set_data" or "_write_atomic" => LoadStep.Compiling,
        "_code_to_bytecode" or "_code_to_timestamp_pyc" or "_code_to_hash_pyc" => LoadStep.Compiling,
        _ => LoadStep.Reading,
    };
}
