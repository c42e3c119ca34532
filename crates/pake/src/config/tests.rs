use std::{collections::BTreeMap, fs};

use serde::Deserialize;

use super::*;

/// A configuration with every kind of setting.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Sample {
    /// The service.
    server: Server,
    /// One table a source.
    sources: BTreeMap<Name, Source>,
    /// Tables with names of one's own.
    doors: BTreeMap<String, Door>,
}

#[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Door {
    /// What opens it.
    key: Option<String>,
    /// File of what opens it.
    key_file: Option<PathBuf>,
    /// Who is what.
    roles: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Server {
    /// Address to listen on.
    #[schemars(with = "String")]
    listen: std::net::SocketAddr,
    /// How many at once.
    #[schemars(range(min = 1, max = 64))]
    workers: usize,
    /// Seconds to wait.
    patience: f64,
    /// Say more.
    verbose: bool,
    /// Who may call.
    origins: Vec<String>,
    /// How to write.
    format: Format,
    /// The secret.
    password: Option<String>,
    /// File of the secret.
    password_file: Option<PathBuf>,
    /// Secrets of before.
    old_passwords: Vec<String>,
    /// File of the secrets of before.
    old_passwords_file: Option<PathBuf>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: ([127, 0, 0, 1], 8000).into(),
            workers: 4,
            patience: 1.5,
            verbose: false,
            origins: Vec::new(),
            format: Format::Pretty,
            password: None,
            password_file: None,
            old_passwords: Vec::new(),
            old_passwords_file: None,
        }
    }
}

#[derive(Debug, PartialEq, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    /// For people.
    Pretty,
    /// For machines.
    Json,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Name {
    Arxiv,
    SemanticScholar,
}

#[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Source {
    /// Whether it is asked.
    enabled: Option<bool>,
    /// Requests a second.
    rate: Option<f64>,
}

struct Case {
    folder: tempfile::TempDir,
    places: Places,
}

/// A configuration file with this text; nothing in the environment.
fn file(text: &str) -> Case {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pake.toml");
    fs::write(&path, text).unwrap();
    Case { places: Places { file: Some(path), ..Places::default() }, folder }
}

impl Case {
    fn with(mut self, name: &str, value: &str) -> Self {
        self.places.variables.push((name.into(), value.into()));
        self
    }

    fn load(&self) -> Loaded<Sample> {
        load(&self.places).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The problems, without the name of the temporary folder.
    fn problems(&self) -> Vec<String> {
        let folder = format!("{}/", self.folder.path().display());
        let ConfigError(problems) = load::<Sample>(&self.places).unwrap_err();
        problems.iter().map(|problem| problem.to_string().replace(&folder, "")).collect()
    }
}

fn environment(name: &str, value: &str) -> Case {
    file("").with(name, value)
}

#[test]
fn without_any_setting_the_defaults_hold() {
    let loaded = file("").load();
    assert_eq!(loaded.config.server.listen.port(), 8000);
    assert!(loaded.values.is_empty());
}

#[test]
fn the_file_gives_settings_of_every_kind() {
    let text = "[server]\nlisten = '0.0.0.0:80'\nworkers = 0x10\npatience = 2\nverbose = true\norigins = ['a', 'b']\n\
                format = 'json'\n[sources.semantic_scholar]\nrate = 0.5\n";
    let loaded = file(text).load();
    let server = &loaded.config.server;
    assert_eq!(server.listen.to_string(), "0.0.0.0:80");
    assert_eq!((server.workers, server.verbose), (16, true));
    assert!((server.patience - 2.0).abs() < f64::EPSILON);
    assert_eq!(server.origins, ["a", "b"]);
    assert_eq!(server.format, Format::Json);
    assert_eq!(loaded.config.sources[&Name::SemanticScholar], Source { enabled: None, rate: Some(0.5) });
}

#[test]
fn the_environment_wins_over_the_file_and_a_flag_over_both() {
    let mut case = file("[server]\nworkers = 2\nlisten = '127.0.0.1:1'").with("PAKE_SERVER__WORKERS", " 3 ");
    assert_eq!(case.load().config.server.workers, 3);
    assert_eq!(case.load().values["server.workers"].origin, Origin::Environment("PAKE_SERVER__WORKERS".into()));
    case.places.flags.push(("server.workers", "--workers", "5".into()));
    assert_eq!(case.load().config.server.workers, 5);
    assert_eq!(case.load().config.server.listen.port(), 1);
}

#[test]
fn variables_are_read_by_the_type_of_their_setting() {
    let loaded = file("")
        .with("PAKE_SERVER__ORIGINS", "a, b,,c")
        .with("PAKE_SERVER__VERBOSE", "1")
        .with("PAKE_SERVER__PATIENCE", "0.25")
        .with("PAKE_SERVER__PASSWORD", "12345")
        .with("PAKE_SOURCES__SEMANTIC_SCHOLAR__ENABLED", "false")
        .load();
    assert_eq!(loaded.config.server.origins, ["a", "b", "c"]);
    assert!(loaded.config.server.verbose);
    assert_eq!(loaded.config.server.password.as_deref(), Some("12345"), "digits are text where text is wanted");
    assert_eq!(loaded.config.sources[&Name::SemanticScholar].enabled, Some(false));
}

#[test]
fn variables_that_are_not_meant_as_settings_are_let_be() {
    let loaded = file("")
        .with("PAKE_PORT_8000_TCP", "tcp://10.0.0.1:8000")
        .with("PAKE_TEST_POSTGRES__URL", "postgres://")
        .with("PAKE_SERVER__WORKERS", "")
        .with("OTHER__THING", "x")
        .load();
    assert!(loaded.values.is_empty());
}

#[test]
fn an_unknown_setting_in_a_file_names_its_place_and_the_nearest() {
    assert_eq!(
        file("[server]\nlisten = '127.0.0.1:1'\nworkres = 2\n\n[sources.arxive]\nrate = 1\n[zebra]\n").problems(),
        [
            "pake.toml:3:1: unknown setting `server.workres`; did you mean `server.workers`?",
            "pake.toml:5:10: unknown setting `sources.arxive`; did you mean `sources.arxiv`?",
            "pake.toml:7:2: unknown setting `zebra`",
        ]
    );
}

#[test]
fn a_setting_in_the_wrong_table_is_found_in_the_right_one() {
    assert_eq!(
        file("listen = 'x'").problems(),
        ["pake.toml:1:1: unknown setting `listen`; did you mean `server.listen`?"]
    );
}

#[test]
fn an_unknown_setting_in_the_environment_names_the_nearest_variable() {
    for (name, expected) in [
        ("PAKE_SERVER__LISTNE", "unknown setting `server.listne`; did you mean PAKE_SERVER__LISTEN?"),
        (
            "PAKE_SOURCES__SEMANTICSCHOLAR__RATE",
            "unknown setting `sources.semanticscholar`; did you mean PAKE_SOURCES__SEMANTIC_SCHOLAR__RATE?",
        ),
        ("PAKE_SERVER_LISTEN", "is not a setting; did you mean PAKE_SERVER__LISTEN (two underscores)?"),
        ("PAKE_NOBODY__KNOWS", "unknown setting `nobody`"),
        ("PAKE_SERVER__LISTEN__PORT", "`server.listen` is a setting and has no parts"),
        (
            "PAKE_SOURCES__ARXIV",
            "`sources.arxiv` is a table: name one of its settings, for example PAKE_SOURCES__ARXIV__ENABLED",
        ),
        ("PAKE___", "unknown setting ``"),
    ] {
        assert_eq!(environment(name, "x").problems(), [format!("{name}: {expected}")]);
    }
}

#[test]
fn a_wrong_type_says_what_is_wanted_and_what_is_there() {
    for (text, expected) in [
        ("workers = 'ten'", "`server.workers` must be a whole number from 1 to 64, not the text \"ten\""),
        ("workers = 65", "`server.workers` must be a whole number from 1 to 64, not 65"),
        ("workers = 2.5", "`server.workers` must be a whole number from 1 to 64, not the number 2.5"),
        (
            "workers = 99999999999999999999",
            "`server.workers` must be a whole number from 1 to 64, not the number 99999999999999999999",
        ),
        ("patience = inf", "`server.patience` must be a number, not the number inf"),
        ("verbose = 'yes'", "`server.verbose` must be true or false, not the text \"yes\""),
        ("origins = 'a'", "`server.origins` must be a list of texts, not the text \"a\""),
        ("origins = ['a', 1]", "`server.origins` must be a list of texts, not a list"),
        ("format = 'jsno'", "`server.format` must be one of pretty, json, not `jsno`; did you mean `json`?"),
        ("listen = 8000", "`server.listen` must be text, not the number 8000"),
        ("listen = {port = 1}", "`server.listen` must be text, not a table"),
        ("listen = 1979-05-27", "`server.listen` must be text, not the date 1979-05-27"),
        ("listen = 'nowhere'", "`server.listen`: invalid socket address syntax"),
    ] {
        let problems = file(&format!("[server]\n{text}")).problems();
        assert_eq!(problems.len(), 1, "{text}");
        let (place, message) = problems[0].split_once(": ").unwrap();
        assert!(place.starts_with("pake.toml:2:"), "{place}");
        assert_eq!(message, expected);
    }
    assert_eq!(
        environment("PAKE_SERVER__WORKERS", "many").problems(),
        ["PAKE_SERVER__WORKERS: must be a whole number from 1 to 64, not `many`"]
    );
    assert_eq!(
        environment("PAKE_SERVER__LISTEN", "nowhere").problems(),
        ["PAKE_SERVER__LISTEN: `server.listen`: invalid socket address syntax"]
    );
    assert_eq!(
        file("server = 1").problems(),
        ["pake.toml:1:10: `server` is a table: write `[server]` and its settings below"]
    );
}

#[test]
fn broken_files_are_told_with_their_place() {
    assert!(file("[server]\nlisten = \n").problems()[0].starts_with("pake.toml:2:"));
    assert!(file("[server]\nworkers = 1\nworkers = 2\n").problems()[0].starts_with("pake.toml:3:1: "));
    let case = file("");
    fs::write(case.folder.path().join("pake.toml"), [0xff, 0xfe]).unwrap();
    assert!(case.problems()[0].starts_with("pake.toml: is not UTF-8 text"));
    fs::write(case.folder.path().join("pake.toml"), "\u{feff}[server]\nworkers = 1").unwrap();
    assert_eq!(case.load().config.server.workers, 1, "a byte order mark is no harm");
    fs::remove_file(case.folder.path().join("pake.toml")).unwrap();
    assert!(case.problems()[0].starts_with("pake.toml: cannot be read: No such file"));
    assert_eq!(file(&"#".repeat((1 << 20) + 1)).problems().len(), 1);
    assert!(!file(&"[".repeat(100_000)).problems().is_empty());
    assert!(!file(&format!("x = {}", "[".repeat(100_000))).problems().is_empty());
}

#[test]
fn every_problem_is_told_at_once() {
    let case = file("[server]\nworkers = 0\nfoo = 1").with("PAKE_SERVER__VERBOSE", "maybe");
    assert_eq!(case.problems().len(), 3);
}

#[test]
fn a_secret_is_read_from_its_file_and_the_value_itself_wins() {
    let case = file("[server]\npassword_file = 'SECRET'");
    let secret = case.folder.path().join("secret");
    fs::write(&secret, "s3cret \r\n").unwrap();
    let case = case.with("PAKE_SERVER__PASSWORD_FILE", secret.to_str().unwrap());
    assert_eq!(case.load().config.server.password.as_deref(), Some("s3cret "));
    fs::write(&secret, "\n").unwrap();
    assert_eq!(case.problems(), ["PAKE_SERVER__PASSWORD_FILE: `server.password_file`: secret is empty"],);
    fs::remove_file(&secret).unwrap();
    assert!(case.problems()[0].contains("secret: cannot be read: No such file"));
    let case = case.with("PAKE_SERVER__PASSWORD", "direct");
    assert_eq!(case.load().config.server.password.as_deref(), Some("direct"));
}

#[test]
fn a_file_of_secrets_holds_one_a_line() {
    let case = file("[server]\nold_passwords_file = 'SECRET'");
    let secrets = case.folder.path().join("secrets");
    fs::write(&secrets, "first\r\n\n second\n").unwrap();
    let case = case.with("PAKE_SERVER__OLD_PASSWORDS_FILE", secrets.to_str().unwrap());
    assert_eq!(case.load().config.server.old_passwords, ["first", "second"]);
    let case = case.with("PAKE_SERVER__OLD_PASSWORDS", "third,fourth");
    assert_eq!(case.load().config.server.old_passwords, ["third", "fourth"]);
}

#[test]
fn a_wrong_secret_is_not_repeated_in_the_message() {
    assert_eq!(file("[server]\npassword = 12345").problems(), ["pake.toml:2:12: `server.password` must be text"]);
    let problems = file("[server]\nlisten = 'a:secret@b'").problems();
    assert!(!problems[0].contains("secret"), "{problems:?}");
}

#[test]
fn the_example_names_every_setting_and_loads_when_uncommented() {
    let example = reference::example::<Sample>();
    let uncommented: String = example
        .lines()
        .filter(|line| line.starts_with("# [") && line.ends_with(']') || line.contains(" = ") && !line.contains('…'))
        .filter_map(|line| Some(format!("{}\n", line.strip_prefix("# ")?)))
        .collect();
    let loaded = file(&uncommented).load();
    assert_eq!(loaded.values["server.workers"].value, 4);
    assert_eq!(loaded.values["server.format"].value, "pretty");
    assert!(example.contains("[sources.<id>]: one table for each of arxiv, semantic_scholar."));
}

#[test]
fn the_reference_names_every_setting() {
    let page = reference::markdown::<Sample>();
    for (path, _) in Section::of::<Sample>().settings() {
        let name = path.rsplit('.').next().unwrap();
        assert!(page.contains(&format!("| `{name}` |")), "{path} is missing");
    }
    assert!(
        page.contains("| `workers` | `PAKE_SERVER__WORKERS` | a whole number from 1 to 64 | `4` | How many at once. |")
    );
}

#[test]
fn tables_with_names_of_ones_own_come_from_the_file_and_the_environment() {
    let text = "[doors.front]\nkey = 'brass'\nroles = { guests = 'viewer', 'a b' = 'user' }\n[doors.back]\nkey_file = 'SECRET'";
    let case = file(text);
    let secret = case.folder.path().join("secret");
    fs::write(&secret, "iron\n").unwrap();
    let case = case.with("PAKE_DOORS__BACK__KEY_FILE", secret.to_str().unwrap()).with("PAKE_DOORS__SIDE__KEY", "tin");
    let doors = case.load().config.doors;
    let key = |name: &str| doors[name].key.as_deref();
    assert_eq!((key("front"), key("back"), key("side")), (Some("brass"), Some("iron"), Some("tin")));
    assert_eq!(doors["front"].roles["a b"], "user");
    let schema = Section::of::<Sample>().grown(case.load().values.keys());
    assert!(schema.setting("doors.side.key").unwrap().secret);
    assert_eq!(
        file("[doors.front]\nkye = 1").problems(),
        ["pake.toml:2:1: unknown setting `doors.front.kye`; did you mean `doors.front.key`?"]
    );
    assert_eq!(file("[doors]\nfront = 1").problems().len(), 1);
    assert_eq!(environment("PAKE_DOORS__FRONT", "x").problems().len(), 1);
    assert!(reference::markdown::<Sample>().contains("## `[doors.<name>]`"));
}
