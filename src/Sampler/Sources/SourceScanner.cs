using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Sources;

/// <summary>
/// Reads from Python source which names its import statements bind, at any indentation and under which conditions, and what is done with
/// these names: by the code that runs when the module is initialised, and by which functions. It is tolerant: source of any version
/// from 3.6 on, or none at all, gives what can be made out; where it cannot tell, it says rather that a name is used.
/// </summary>
internal sealed class SourceScanner
{
    private const int MaxImports = 5_000;

    private readonly string _text;
    private readonly StatementReader _reader;
    private readonly List<PythonToken> _tokens;
    private readonly List<Block> _blocks = [];
    private Block? _closed;

    private SourceScanner(string text, SourceScratch scratch)
    {
        _text = text;
        scratch.Clear();
        _tokens = scratch.Tokens;
        _reader = new StatementReader(text, _tokens, scratch);
    }

    /// <summary>Reads a file.</summary>
    /// <param name="module">The module's name.</param>
    /// <param name="file">The file's.</param>
    /// <param name="text">What it holds.</param>
    /// <param name="scratch">Room to be used again, not by two threads at once; null for room of its own.</param>
    public static ModuleSource Scan(string module, string file, string text, SourceScratch? scratch = null)
    {
        var scanner = new SourceScanner(text, scratch ?? new SourceScratch());
        scanner.Read();
        SourceNames names = scanner._reader.Names();
        return new ModuleSource { Module = module, File = file, Imports = names.Imports(), Effects = names.Effects(), Called = names.Called(), Handed = names.Handed(), Forks = names.Forks() };
    }

    private void Read()
    {
        var lines = new PythonTokens(_text);
        int lastColumn = 0;
        while (lines.ReadLine(_tokens, out int column) && _reader.Imports.Count < MaxImports)
        {
            if (column != lastColumn)
            {
                // Also where a block begins that is not known as one: match, and what versions to come bring.
                _reader.BeginBranch();
                lastColumn = column;
            }

            Close(column);
            ReadStatements(0, column);
        }
    }

    private void Close(int column)
    {
        _closed = null;
        while (_blocks.Count > 0 && _blocks[^1].Column >= column)
        {
            Block block = _blocks[^1];
            _blocks.RemoveAt(_blocks.Count - 1);
            _closed = block.Column == column ? block : null;
            _reader.BeginBranch();
        }

        Enter();
    }

    private void Enter()
    {
        Block? top = _blocks.Count == 0 ? null : _blocks[^1];
        _reader.IsGuarded = _blocks.FindLastIndex(block => block.Head is "try" or "with") > _blocks.FindLastIndex(block => block.Head == "def");
        _reader.Enter(top?.Function ?? -1, top?.Class ?? "", top?.Conditions ?? ImportConditions.None);
    }

    private void ReadStatements(int from, int column)
    {
        while (from < _tokens.Count)
        {
            string head = _reader.Word(from) == "async" ? _reader.Word(from + 1) : _reader.Word(from);
            int first = _reader.Word(from) == "async" ? from + 1 : from;
            if (head is "def" or "class" or "if" or "elif" or "else" or "try" or "except" or "finally" or "for" or "while" or "with"
                && _reader.Find(first, _tokens.Count, ":") is >= 0 and var colon)
            {
                _reader.BeginBranch();
                Open(head, first, colon, column);
                Enter();
                from = colon + 1;
                continue;
            }

            int end = _reader.Find(from, _tokens.Count, ";");
            end = end < 0 ? _tokens.Count : end;
            if (_blocks.Count > 0 && _reader.Word(from) == "raise")
            {
                TakeBack(_blocks[^1]);
            }

            _reader.ReadSimple(from, end);
            from = end + 1;
        }
    }

    private void Open(string head, int first, int colon, int column)
    {
        Block? outer = _blocks.Count == 0 ? null : _blocks[^1];
        var block = new Block
        {
            Head = head,
            Column = column,
            Function = outer?.Function ?? -1,
            Class = outer?.Class ?? "",
            Conditions = outer?.Conditions ?? ImportConditions.None,
            FirstImport = _reader.Imports.Count,
        };
        switch (head)
        {
            case "def":
                _reader.ReadSignature(first, colon);
                block.Function = _reader.AddFunction(_reader.Word(first + 1));
                block.Class = "";
                block.Conditions &= ImportConditions.TypeChecking;
                break;
            case "class":
                _reader.ReadBases(first, colon);
                block.Class = (block.Class.Length > 0 ? block.Class + "." : "") + _reader.Word(first + 1);
                block.Conditions |= ImportConditions.InClass;
                break;
            case "try":
                break;
            case "except" or "finally":
                OpenHandler(block, head, first, colon);
                break;
            case "if" when IsTypeChecking(first + 1, colon):
                block.Conditions |= ImportConditions.TypeChecking;
                break;
            case "if" when _reader.Word(first + 1) == "__name__":
                block.Conditions |= ImportConditions.MainOnly;
                break;
            default:
                _reader.AddUses(first + 1, colon, EagerUses.Evaluated);
                block.Conditions |= head switch
                {
                    "with" when Mentions(first, colon, "suppress") && TakesImportError(first, colon) => ImportConditions.Optional,
                    "with" => ImportConditions.None,
                    "else" when _closed is { Head: "try" or "except" } => ImportConditions.None,
                    _ => ImportConditions.Conditional,
                };
                break;
        }

        _reader.EndHead();
        _blocks.Add(block);
    }

    /// <summary>The imports of the <c>try</c> can be done without when one of its handlers takes the error.</summary>
    private void OpenHandler(Block block, string head, int first, int colon)
    {
        if (head == "finally")
        {
            return;
        }

        _reader.AddUses(first + 1, colon, EagerUses.Evaluated, isCaught: true);
        block.Conditions |= ImportConditions.Conditional;
        if (_closed is not { Head: "try" or "except" } before)
        {
            return;
        }

        block.FirstImport = before.FirstImport;
        block.TryEnd = before.Head == "try" ? _reader.Imports.Count : before.TryEnd;
        if (colon == first + 1 || TakesImportError(first, colon))
        {
            for (int i = block.FirstImport; i < block.TryEnd; i++)
            {
                if ((_reader.Imports[i].Conditions & ImportConditions.Optional) == 0)
                {
                    _reader.Imports[i].Conditions |= ImportConditions.Optional;
                    block.Excused.Add(i);
                }
            }
        }
    }

    /// <summary>A handler that raises in any case does not do without the imports.</summary>
    private void TakeBack(Block handler)
    {
        foreach (int i in handler.Excused)
        {
            _reader.Imports[i].Conditions &= ~ImportConditions.Optional;
        }

        handler.Excused.Clear();
    }

    private bool IsTypeChecking(int from, int colon) =>
        _reader.Word(colon - 1) == "TYPE_CHECKING" && (colon - from == 1 || (colon - from == 3 && _reader.Word(from + 1) == "."));

    private bool TakesImportError(int from, int to) =>
        Mentions(from, to, "ImportError") || Mentions(from, to, "ModuleNotFoundError") || Mentions(from, to, "Exception") || Mentions(from, to, "BaseException");

    private bool Mentions(int from, int to, string word)
    {
        for (int i = from; i < to; i++)
        {
            if (_reader.Word(i) == word)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A compound statement that the next lines may belong to.</summary>
    private sealed class Block
    {
        public required string Head { get; init; }
        public required int Column { get; init; }
        public required int Function { get; set; }
        public required string Class { get; set; }
        public required ImportConditions Conditions { get; set; }
        public required int FirstImport { get; set; }
        public int TryEnd { get; set; }
        public List<int> Excused { get; } = [];
    }
}
