using System.Diagnostics;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Interpreter;

/// <summary>
/// Follows the modules of all interpreters but the main one, each with its own <c>sys.modules</c>. Costs nothing while there is only one:
/// whether that is so is asked together with what is asked of the main one anyway.
/// </summary>
/// <param name="objects">The target's objects.</param>
/// <param name="sink">The recording.</param>
internal sealed class Subinterpreters(PythonObjects objects, IRecordingSink sink)
{
    // Interpreters come and go; what is known of those that went is kept, for the report. Later ones have stacks alone.
    private const int MostFollowed = 1024;

    // They are asked at most this often, and for at most this part of the time.
    private const long ShortestIntervalNs = 400_000;
    private const int TimePart = 20;

    // A survey of all of them in a row while the process stands at its end is not worth more than this.
    private const int MostAtOnce = 64;

    private readonly List<InterpreterEntry> _entries = [];
    private readonly Dictionary<(ulong Address, long Id), Followed> _followed = [];
    private long _next;
    private int _turn;

    private sealed class Followed(ModuleTable table)
    {
        public ModuleTable Table { get; } = table;
        public bool SawModules { get; set; }
        public bool HadIncomplete { get; set; }
    }

    /// <summary>The modules of all of them, those that ended included.</summary>
    public IEnumerable<ModuleInfo> Modules => _followed.Values.SelectMany(followed => followed.Table.Modules);

    /// <summary>Brings the modules up to date, when it is time again.</summary>
    /// <param name="first">The first interpreter of the list.</param>
    /// <param name="main">The main one, which is left out.</param>
    /// <param name="nowNs">The recording's clock.</param>
    /// <param name="wereBefore">Whether what is found of an interpreter for the first time was there before the recording.</param>
    /// <param name="knowsThread">Whether a thread's state is known, by its address.</param>
    /// <returns>Whether some interpreter's newest thread is not known: threads are to be looked for anew.</returns>
    public bool Survey(ulong first, ulong main, long nowNs, bool wereBefore, Func<ulong, bool> knowsThread)
    {
        if (nowNs < _next)
        {
            return false;
        }

        long began = Stopwatch.GetTimestamp();
        InterpreterList.Read(objects.Memory.Source, objects.Layout, first, _entries);
        bool isNew = false;
        int count = Math.Min(_entries.Count, MostAtOnce);
        for (int i = 0; i < _entries.Count; i++)
        {
            InterpreterEntry entry = _entries[i];
            if (entry.Address == main)
            {
                continue;
            }

            _ = objects.Memory.Source.TryReadUInt64(entry.Address + (ulong)objects.Layout.Interpreter.ThreadsHead.Value, out ulong newest);
            isNew |= newest != 0 && !knowsThread(newest);
        }

        for (int i = 0; i < count; i++)
        {
            InterpreterEntry entry = _entries[(_turn + i) % _entries.Count];
            if (entry.Address != main && entry.Address != 0)
            {
                Take(entry, nowNs, wereBefore);
            }
        }

        _turn = _entries.Count == 0 ? 0 : (_turn + count) % _entries.Count;
        _next = nowNs + Math.Max(ShortestIntervalNs, TimePart * (long)Stopwatch.GetElapsedTime(began).TotalNanoseconds);
        return isNew;
    }

    private void Take(InterpreterEntry entry, long nowNs, bool wereBefore)
    {
        if (!_followed.TryGetValue((entry.Address, entry.Id), out Followed? followed))
        {
            if (_followed.Count == MostFollowed)
            {
                return;
            }

            _followed[(entry.Address, entry.Id)] = followed = new Followed(new ModuleTable(objects, sink, entry.Id));
        }

        SurveyRuntime survey = followed.Table.Survey(entry.Address, finalizing: 0);
        if (survey.ModulesChanged)
        {
            followed.Table.Update(survey, nowNs, wereBefore && !followed.SawModules);
            followed.SawModules |= followed.Table.Modules.Count > 0;
            followed.HadIncomplete = followed.Table.HasIncomplete;
        }
        else if (followed.HadIncomplete)
        {
            followed.Table.Complete();
            followed.HadIncomplete = followed.Table.HasIncomplete;
        }
    }
}
