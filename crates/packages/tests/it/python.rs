//! Python's lists and lock files.

use partywall_packages::Origin;

use crate::files::{check, needs, read, told, troubles};

#[test]
fn a_pinned_requirement_is_a_version_and_every_other_is_undecided() {
    let text = r#"# what runs
Flask_Login == 0.6.3 ; python_version >= "3.8"
requests[security,socks]==2.31.0 \
    --hash=sha256:00ff \
    --hash=sha256:11ee
celery>=5,<6   # the queue
numpy
django==4.2.*
torch @ https://me:pw@files.example/torch-2.0.whl
exact===1.0+local
-e ./here
./there
--index-url https://packages.example/simple
-e git+https://host.example/tool.git@v1#egg=Tool
https://files.example/thing-1.0.tar.gz
"#;
    let found = check(
        &[("requirements.txt", text)],
        &[
            "flask-login 0.6.3 :2",
            "requests 2.31.0 :3",
            "celery ? `>=5,<6` allows more than one :6",
            "numpy ? no version is written :7",
            "django ? `==4.2.*` allows more than one :8",
            "torch ? it is whatever `https://files.example/torch-2.0.whl` holds :9",
            "exact 1.0+local :10",
            "tool ? it is whatever `git+https://host.example/tool.git@v1#egg=Tool` holds :14",
            "thing ? it is whatever `https://files.example/thing-1.0.tar.gz` holds :15",
        ],
    );
    let requests = found.packages().nth(1).unwrap();
    assert_eq!(requests.integrity, ["sha256-00ff".into(), "sha256-11ee".into()]);
    assert_eq!(troubles(&found), [] as [&str; 0]);
}

#[test]
fn includes_are_followed_among_the_files_once() {
    let found = read(&[
        ("app/requirements.txt", "-r base.txt\n-r ../../outside.txt\nb==2\n"),
        ("app/base.txt", "a==1\n-r requirements.txt\n--requirement=base.txt\n"),
    ]);
    let names: Vec<String> = found.packages().map(|it| format!("{} {}", it.file, told(it))).collect();
    assert_eq!(names, ["app/base.txt a 1 :1", "app/requirements.txt b 2 :3"]);
    assert_eq!(
        troubles(&found),
        ["app/requirements.txt:2 `../outside.txt` is not among the files; its packages are not counted"]
    );
}

#[test]
fn poetry_says_what_a_package_is_for() {
    let text = r#"[[package]]
name = "Jinja2"
version = "3.1.4"
optional = false
groups = ["main", "dev"]
files = [
    {file = "jinja2-3.1.4.tar.gz", hash = "sha256:00ff"},
]

[[package]]
name = "pytest"
version = "8.0.0"
groups = ["dev"]

[[package]]
name = "old"
version = "1.0"
category = "dev"

[[package]]
name = "tool"
version = "2.0"

[package.source]
type = "git"
url = "https://host.example/tool.git"
reference = "main"
resolved_reference = "0c0ffee"
"#;
    let found = check(
        &[("poetry.lock", text)],
        &["jinja2 3.1.4 :2", "pytest 8.0.0 :11", "old 1.0 :16", "tool 2.0 :21"],
    );
    assert_eq!(
        needs(&found),
        ["jinja2 Unsaid Runs", "pytest Unsaid Development", "old Unsaid Development", "tool Unsaid Unsaid"]
    );
    let tool = found.packages().nth(3).unwrap();
    assert_eq!(tool.origin, Some(Origin::Repository("https://host.example/tool.git#0c0ffee".into())));
}

#[test]
fn uv_says_who_asks() {
    let text = r#"version = 1

[[package]]
name = "shop"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "httpx" }]

[package.dev-dependencies]
dev = [{ name = "ruff" }]

[[package]]
name = "httpx"
version = "0.27.0"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://files.example/httpx.tar.gz", hash = "sha256:00ff", size = 1 }

[[package]]
name = "ruff"
version = "0.5.0"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "idna"
version = "3.7"
source = { registry = "https://pypi.org/simple" }
"#;
    let found = check(&[("uv.lock", text)], &["httpx 0.27.0 :13", "ruff 0.5.0 :19", "idna 3.7 :24"]);
    assert_eq!(needs(&found), ["httpx Direct Runs", "ruff Direct Development", "idna Transitive Unsaid"]);
}

#[test]
fn pdm_pipenv_and_pylock_are_read() {
    let pdm = "[[package]]\nname = \"a\"\nversion = \"1.0\"\ngroups = [\"default\"]\n\n[[package]]\nname = \"here\"\nversion = \"0.1\"\npath = \"./here\"\n";
    assert_eq!(needs(&check(&[("pdm.lock", pdm)], &["a 1.0 :2"])), ["a Unsaid Runs"]);
    let pipenv = r#"{
    "_meta": {"hash": {"sha256": "0"}},
    "default": {
        "a": {"hashes": ["sha256:00ff"], "index": "pypi", "version": "==1.0"},
        "here": {"editable": true, "path": "."},
        "tool": {"git": "https://host.example/tool.git", "ref": "0c0ffee"}
    },
    "develop": {
        "b": {"version": "==2.0"}
    }
}"#;
    let found = check(
        &[("Pipfile.lock", pipenv)],
        &["a 1.0 :4", "tool ? it is whatever the repository holds at 0c0ffee :6", "b 2.0 :9"],
    );
    assert_eq!(needs(&found), ["a Unsaid Runs", "tool Unsaid Runs", "b Unsaid Development"]);
    let pylock = "lock-version = \"1.0\"\n\n[[packages]]\nname = \"a\"\nversion = \"1.0\"\n[packages.sdist]\nname = \"a.tar.gz\"\nhashes = {sha256 = \"00ff\"}\n\n[[packages]]\nname = \"tool\"\nvcs = {type = \"git\", url = \"https://host.example/tool.git\", commit-id = \"0c0ffee\"}\n\n[[packages]]\nname = \"here\"\ndirectory = {path = \".\"}\n";
    let found = check(
        &[("pylock.toml", pylock)],
        &["a 1.0 :4", "tool ? it is whatever `https://host.example/tool.git#0c0ffee` holds :11"],
    );
    assert_eq!(found.packages().next().unwrap().integrity, ["sha256-00ff".into()]);
}
