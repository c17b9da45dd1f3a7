using LibProf.Sampler.Recording;
using LibProf.Sampler.Target;
using LibProf.TestSupport;

namespace LibProf.Sampler.Tests.Target;

/// <summary>Trees of installed distributions as installers lay them down, forged in a temporary directory.</summary>
public sealed class DistributionCatalogTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();
    private readonly List<ModuleInfo> _modules = [];
    private readonly List<string> _searchPath = ["/app", "/lib/python3.11", "/lib/python3.11/lib-dynload", Site];

    private const string Site = "/venv/lib/python3.11/site-packages";

    public void Dispose() => _root.Dispose();

    [Fact]
    public void A_wheel_owns_the_files_of_its_record_whatever_its_name()
    {
        Wheel("scikit_learn", "1.2.1", "Scikit-Learn", ["sklearn/__init__.py", "sklearn/utils/_x.cpython-311-x86_64-linux-gnu.so", "\"sklearn/a,b.py\""]);
        Wheel("six", "1.16", "six", ["six.py"]);
        Module("sklearn", "sklearn/__init__.py");
        Module("sklearn.utils._x", "sklearn/utils/_x.cpython-311-x86_64-linux-gnu.so", ModuleKind.Extension);
        Module("six", "six.py");
        AssertOwners("Scikit-Learn 1.2.1: sklearn sklearn.utils._x", "six 1.16: six");
    }

    [Fact]
    public void A_file_that_no_record_lists_belongs_to_the_only_distribution_of_its_package()
    {
        Wheel("foo", "1", "foo", ["foo/__init__.py"]);
        Module("foo", "foo/__init__.py");
        Module("foo._built_later", "foo/_built_later.py");
        AssertOwners("foo 1: foo foo._built_later");
    }

    [Fact]
    public void Namespace_packages_are_told_apart_by_their_files()
    {
        Wheel("google_auth", "2", "google-auth", ["google/auth/__init__.py", "google/auth/transport/requests.py"], "google");
        Wheel("google_cloud_storage", "3", "google-cloud-storage", ["google/cloud/storage/__init__.py"]);
        Wheel("protobuf", "4", "protobuf", ["google/protobuf/__init__.py"], "google");
        Module("google", "", ModuleKind.Namespace, $"{Site}/google");
        Module("google.auth", "google/auth/__init__.py");
        Module("google.auth.unlisted", "google/auth/unlisted.py");
        Module("google.cloud", "", ModuleKind.Namespace, $"{Site}/google/cloud");
        Module("google.cloud.storage", "google/cloud/storage/__init__.py");
        Module("google.protobuf", "google/protobuf/__init__.py");
        AssertOwners(
            "google-auth 2: google.auth google.auth.unlisted",
            "google-cloud-storage 3: google.cloud.storage google.cloud",
            "protobuf 4: google.protobuf");
    }

    [Fact]
    public void Namespace_packages_of_debian_have_no_lists_and_are_told_apart_by_name()
    {
        foreach (var (name, version) in new[] { ("lazr.restfulclient", "0.14.5"), ("lazr.uri", "1.0.6") })
        {
            Write($"{Site}/{name}-{version}.egg-info/PKG-INFO", $"Metadata-Version: 1.1\nName: {name}\nVersion: {version}\n\nName: not this\n");
            Write($"{Site}/{name}-{version}.egg-info/top_level.txt", "lazr\n");
        }
        Module("lazr.uri", "lazr/uri/__init__.py");
        Module("lazr.uri._uri", "lazr/uri/_uri.py");
        Module("lazr.restfulclient.errors", "lazr/restfulclient/errors.py");
        Module("lazr.other", "lazr/other.py");
        AssertOwners("lazr.restfulclient 0.14.5: lazr.restfulclient.errors", "lazr.uri 1.0.6: lazr.uri lazr.uri._uri");
    }

    [Fact]
    public void Egg_infos_are_read_as_directories_and_as_files()
    {
        Write($"{Site}/PyYAML-6.0.egg-info/PKG-INFO", "Name: PyYAML\nVersion: 6.0\n");
        Write($"{Site}/PyYAML-6.0.egg-info/installed-files.txt", "../yaml/__init__.py\n../_yaml/__init__.py\nPKG-INFO\n");
        Write($"{Site}/old_thing-0.9.egg-info", "Metadata-Version: 1.0\nName: Old-Thing\nVersion: 0.9\n");
        Module("yaml", "yaml/__init__.py");
        Module("old_thing", "old_thing.py");
        AssertOwners("Old-Thing 0.9: old_thing", "PyYAML 6.0: yaml");
    }

    [Fact]
    public void An_egg_info_without_version_beside_a_dist_info_is_left_aside()
    {
        Wheel("cryptography", "38.0.4", "cryptography", ["cryptography/__init__.py"], "cryptography");
        Write($"{Site}/cryptography.egg-info/PKG-INFO", "Name: cryptography\nVersion: 38.0.1\n");
        Write($"{Site}/cryptography.egg-info/top_level.txt", "cryptography\n");
        Module("cryptography", "cryptography/__init__.py");
        Module("cryptography.hazmat", "cryptography/hazmat/__init__.py");
        AssertOwners("cryptography 38.0.4: cryptography cryptography.hazmat");
    }

    [Fact]
    public void Eggs_are_known_by_their_name_as_directories_and_as_files()
    {
        Write($"{Site}/Foo_Bar-1.0-py3.11.egg/EGG-INFO/PKG-INFO", "Name: foo-bar\nVersion: 1.0.post1\n");
        Write($"{Site}/baz-2.0-py3.11.egg", "PK, a zip file");
        Module("anything.a", "Foo_Bar-1.0-py3.11.egg/anything/a.py");
        Module("zipped", "baz-2.0-py3.11.egg/zipped/__init__.pyc");
        AssertOwners("baz 2.0: zipped", "foo-bar 1.0.post1: anything.a");
    }

    [Theory]
    [InlineData("file:///app/my%20project")]
    [InlineData("file://localhost/app/my%20project/")]
    public void A_project_installed_in_place_owns_its_modules(string url)
    {
        Wheel("mine", "0.1", "mine", ["__editable__.mine-0.1.pth"], "mine\n_mine");
        Write($"{Site}/mine-0.1.dist-info/direct_url.json", "{\"url\": \"" + url + "\", \"dir_info\": {\"editable\": true}}");
        // A build's leftover, and a virtual environment and a tool inside the project.
        Write("/app/my project/src/mine.egg-info/PKG-INFO", "Name: mine\nVersion: 0.1\n");
        Write("/app/my project/src/mine.egg-info/top_level.txt", "mine\n");
        _searchPath.Add("/app/my project/src");
        ModuleAt("mine.core", "/app/my project/src/mine/core.py");
        ModuleAt("_mine", "/app/my project/build/_mine.so", ModuleKind.Extension);
        ModuleAt("conftest", "/app/my project/conftest.py");
        ModuleAt("other", "/app/my project/.venv/lib/python3.11/site-packages/other.py");
        AssertOwners("mine 0.1 editable: mine.core _mine");
    }

    [Fact]
    public void Setuptools_finders_and_paths_lead_to_projects_too()
    {
        Wheel("flat", "1", "flat", ["__editable__.flat-1.pth"]);
        Write($"{Site}/__editable__.flat-1.pth", "import __editable___flat_1_finder; __editable___flat_1_finder.install()");
        Write($"{Site}/__editable___flat_1_finder.py", "import sys\nMAPPING: dict[str, str] = {'flat': '/src/flat/flat', 'it\\'s': '/src/x'}\nNAMESPACES = {}\n");
        Wheel("nested_src", "2", "nested.src", ["__editable__.nested_src-2.pth"]);
        Write($"{Site}/__editable__.nested_src-2.pth", "/src/nested/src\n");
        ModuleAt("flat.a", "/src/flat/flat/a.py");
        ModuleAt("tests", "/src/flat/tests.py");
        ModuleAt("nested", "/src/nested/src/nested/__init__.py");
        AssertOwners("flat 1 editable: flat.a", "nested.src 2 editable: nested");
    }

    [Fact]
    public void Egg_links_lead_to_projects()
    {
        Write($"{Site}/dev-thing.egg-link", "/src/dev\n.");
        Write("/src/dev/dev_thing.egg-info/PKG-INFO", "Name: dev-thing\nVersion: 3\n");
        Write("/src/dev/dev_thing.egg-info/top_level.txt", "devthing\n");
        _searchPath.Add("/src/dev");
        ModuleAt("devthing", "/src/dev/devthing.py");
        AssertOwners("dev-thing 3 editable: devthing");
    }

    [Fact]
    public void Modules_of_the_application_the_standard_library_and_the_interpreter_are_nobodys()
    {
        Wheel("foo", "1", "foo", ["foo/__init__.py"]);
        Write("/lib/python3.11/os.py", "");
        ModuleAt("__main__", "/app/main.py");
        ModuleAt("helpers", "/app/helpers.py");
        ModuleAt("os", "/lib/python3.11/os.py");
        ModuleAt("_ssl", "/lib/python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so", ModuleKind.Extension);
        ModuleAt("sys", "", ModuleKind.Builtin);
        ModuleAt("relative", "relative.py");
        ModuleAt("frozen", "<frozen x>", ModuleKind.Frozen);
        AssertOwners();
    }

    [Fact]
    public void A_module_under_another_name_than_its_files_is_found_by_the_search_path()
    {
        Wheel("setuptools", "66", "setuptools", ["pkg_resources/__init__.py", "pkg_resources/_vendor/packaging/version.py"], "pkg_resources\nsetuptools");
        Module("pkg_resources.extern.packaging.version", "pkg_resources/_vendor/packaging/version.py");
        Wheel("scipy", "1.10", "scipy", ["scipy/sparse/_csparsetools.so"]);
        Module("_csparsetools", "scipy/sparse/_csparsetools.so", ModuleKind.Extension);
        AssertOwners("scipy 1.10: _csparsetools", "setuptools 66: pkg_resources.extern.packaging.version");
    }

    [Fact]
    public void Links_are_followed_inside_the_targets_root()
    {
        Wheel("foo", "1", "foo", ["foo/__init__.py"]);
        File.CreateSymbolicLink(_root["app"], "/venv");
        ModuleAt("foo", "/app/lib/python3.11/site-packages/foo/__init__.py");
        var found = DistributionCatalog.Find(_root.Path, ["/app/lib/python3.11/site-packages"], _modules);
        Assert.Equal("foo", Assert.Single(found).Name);
    }

    [Fact]
    public void Metadata_that_is_no_metadata_does_no_harm()
    {
        var name = "esc\u001b]0;ape" + new string('n', 5000);
        Write($"{Site}/foo-1.dist-info/METADATA", $"Name: {name}\nVersion:\n");
        Write($"{Site}/foo-1.dist-info/RECORD", "foo/__init__.py\n\"\n\"unclosed\n,,,\n\0\n/etc/passwd,,\n../../x,,\n");
        Write($"{Site}/foo-1.dist-info/direct_url.json", "[{\"url\": ");
        Directory.CreateDirectory(_root.Path + $"{Site}/bar-1.dist-info/RECORD");
        File.CreateSymbolicLink(_root.Path + $"{Site}/loop-1.dist-info", "loop-1.dist-info");
        Write($"{Site}/-.dist-info", "");
        Write($"{Site}/.egg-info", "");
        Write($"{Site}/__editable__.pth", "/x");
        Module("foo", "foo/__init__.py");
        Module("bar", "bar.py");
        Module("loop", "loop.py");
        Module("", "");
        Module("..", "...py");
        ModuleAt("slash", "/");
        ModuleAt("root", "/root.py");
        var found = DistributionCatalog.Find(_root.Path, ["", "/", "relative", .. _searchPath, Site + "/missing.egg"], _modules);
        var foo = Assert.Single(found, d => d.Modules.Contains("foo"));
        Assert.StartsWith("esc]0;apen", foo.Name, StringComparison.Ordinal);
        Assert.InRange(foo.Name.Length, 10, 200);
        Assert.Equal("1", foo.Version);
        Assert.Equal(found.Sum(d => d.Modules.Count), found.SelectMany(d => d.Modules).Distinct().Count());
    }

    [Fact]
    public void A_pipe_in_place_of_metadata_does_not_block()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/mkfifo"), "this machine has no mkfifo");
        Directory.CreateDirectory(_root.Path + $"{Site}/foo-1.dist-info");
        using (var mkfifo = System.Diagnostics.Process.Start("/usr/bin/mkfifo", [_root.Path + $"{Site}/foo-1.dist-info/RECORD", _root.Path + $"{Site}/foo-1.dist-info/METADATA"]))
            mkfifo.WaitForExit();
        Module("foo", "foo.py");
        AssertOwners("foo 1: foo");
    }

    [Fact]
    public void A_root_that_is_gone_gives_nothing()
    {
        Module("foo", "foo.py");
        Assert.Empty(DistributionCatalog.Find("/proc/0/root", _searchPath, _modules));
    }

    private void AssertOwners(params string[] expected)
    {
        var found = DistributionCatalog.Find(_root.Path, _searchPath, _modules);
        Assert.Equal(expected, found.Select(d => $"{d.Name} {d.Version}{(d.Editable ? " editable" : "")}: {string.Join(' ', d.Modules)}"));
    }

    private void Wheel(string fileName, string version, string name, string[] files, string? topLevel = null)
    {
        var directory = $"{fileName}-{version}.dist-info";
        Write($"{Site}/{directory}/METADATA", $"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: x\n\nText\n");
        Write($"{Site}/{directory}/RECORD", string.Concat(files.Append($"{directory}/METADATA").Select(f => $"{f},sha256=abc,12\r\n")) + $"{directory}/RECORD,,\r\n");
        if (topLevel is not null)
            Write($"{Site}/{directory}/top_level.txt", topLevel + "\n");
    }

    private void Write(string path, string text) => _root.Write(path[1..], text);

    private void Module(string name, string file, ModuleKind kind = ModuleKind.Source, params string[] searchPath) =>
        ModuleAt(name, file.Length == 0 ? "" : $"{Site}/{file}", kind, searchPath);

    private void ModuleAt(string name, string file, ModuleKind kind = ModuleKind.Source, params string[] searchPath) =>
        _modules.Add(new ModuleInfo(name, file, kind, _modules.Count, 0, false, searchPath));
}
