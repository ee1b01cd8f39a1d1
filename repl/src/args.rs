//! The command line: what a person may ask for, in which order, and what is refused before anything is opened.

use std::path::PathBuf;

use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use hyperslab::connectors::Location;
use hyperslab::plot;

use crate::failure::Failure;
use crate::output::Format;

/// Ask labelled N-d arrays (Zarr) in SQL.
///
/// Each LOCATION, a path or a URL, is a dataset under its NAME or its file stem. -c and -f run in the order given.
/// With neither, statements are read from standard input; a terminal gets a shell.
#[derive(Debug, Parser)]
#[command(name = "hyperslab", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,

    /// A dataset: `ersst.zarr`, `sst=s3://bucket/ersst.zarr`.
    #[arg(value_name = "[NAME=]LOCATION")]
    locations: Vec<String>,

    /// Run SQL and leave.
    #[arg(short = 'c', long = "command", value_name = "SQL", allow_hyphen_values = true)]
    commands: Vec<String>,

    /// Run the statements of a file and leave.
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,

    /// How answers are written; without it the ending of -o's FILE tells, else `table`.
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// Write the answer to FILE, which is there whole or not at all.
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Draw the answer into FILE: one dimension as a line, two as a map, three as a movie. Its ending tells the format:
    /// png, svg, gif, apng.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["format", "output"])]
    plot: Option<PathBuf>,

    /// Write answers and errors, nothing else.
    #[arg(short = 'q', long)]
    pub quiet: bool,

    /// `-c` and `-f`, in the order of the command line.
    #[arg(skip)]
    pub scripts: Vec<Script>,
}

/// What the binary does besides answering.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write the sample datasets and tables (`ersst.zarr` and others, made up) into DIR.
    Sample {
        /// The folder; made if it is not there.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Write `ersst.zarr` into a folder that is removed afterwards, and ask it five questions.
    Demo,
    /// Serve datasets to clients of PostgreSQL and Arrow Flight SQL, until Ctrl-C.
    ///
    /// Without --config and --users the server listens on this machine alone and asks nobody for a password.
    Serve(Box<Serve>),
    /// Read a password from standard input, and print the line of USER for the file of --users.
    Passwd {
        /// Who logs in with it.
        #[arg(value_name = "USER")]
        user: String,
        /// It is a bearer token for Arrow Flight SQL: long, and made by a machine.
        #[arg(long)]
        token: bool,
    },
}

/// What `serve` is told. Each flag goes before the key of the configuration that it stands for.
#[derive(Debug, Default, Args)]
pub struct Serve {
    /// A dataset: `ersst.zarr`, `sst=s3://bucket/ersst.zarr`.
    #[arg(value_name = "[NAME=]LOCATION")]
    locations: Vec<String>,

    /// Read the configuration from FILE, in TOML.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Serve the sample datasets and tables, made up, in a folder that is removed afterwards.
    #[arg(long)]
    pub sample: bool,

    /// Listen on this address, `127.0.0.1` without it; again for more.
    #[arg(long, value_name = "ADDRESS")]
    host: Vec<String>,

    /// The port of PostgreSQL's protocol, 5432 without it; 0 for any free one, `off` for none.
    #[arg(long, value_name = "PORT")]
    port: Option<String>,

    /// The port of Arrow Flight SQL, 32010 without it.
    #[arg(long, value_name = "PORT")]
    flight_port: Option<String>,

    /// The port of metrics and health, `off` without it.
    #[arg(long, value_name = "PORT")]
    http_port: Option<String>,

    /// Ask for the passwords of the users in FILE; `hyperslab passwd` writes its lines.
    #[arg(long, value_name = "FILE")]
    users: Option<String>,

    /// Encrypt with the certificate in FILE, in PEM.
    #[arg(long, value_name = "FILE")]
    tls_certificate: Option<String>,

    /// The private key of the certificate, in PEM.
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,

    /// Set any key of the configuration: `memory=8GiB`, `rights.statement_timeout=30s`; again for more.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Serve {
    /// The datasets of the command line; two of one name are refused.
    pub fn sources(&self) -> Result<Vec<Source>, Failure> {
        sources(&self.locations)
    }

    /// The flags, by the keys of the configuration.
    pub fn flags(&self) -> Result<Vec<(String, String)>, Failure> {
        let one = [
            ("postgres.port", &self.port),
            ("flight.port", &self.flight_port),
            ("http.port", &self.http_port),
            ("users_file", &self.users),
            ("tls.certificate", &self.tls_certificate),
            ("tls.key", &self.tls_key),
        ];
        let mut flags: Vec<(String, String)> = self.host.iter().map(|host| ("host".into(), host.clone())).collect();
        flags.extend(one.into_iter().filter_map(|(key, value)| Some((key.to_string(), value.clone()?))));
        for pair in &self.set {
            let (key, value) = pair.split_once('=').ok_or_else(|| {
                Failure::Usage(format!("`{pair}` is no setting, expected `KEY=VALUE` such as `memory=8GiB`"))
            })?;
            flags.push((key.trim().into(), value.trim().into()));
        }
        Ok(flags)
    }
}

/// SQL to run: where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Script {
    /// The text of a `-c`.
    Text(String),
    /// The file of a `-f`.
    File(PathBuf),
}

/// A dataset to register.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Its name in SQL.
    pub name: String,
    /// Its path or URL.
    pub location: String,
}

impl Source {
    // Not a parser of clap's: its messages repeat the argument, and a URL may hold a password.
    fn parse(text: &str) -> Result<Self, Failure> {
        let (name, location) = match text.split_once('=') {
            // In `https://host/x?token=1` and `a/b=c` the `=` belongs to the location.
            Some((name, location)) if !name.contains(['/', '\\', ':', '?', '.']) => (name.to_string(), location),
            _ => (Location::parse(text).map_err(|e| Failure::Usage(e.to_string()))?.name(), text),
        };
        if name.is_empty() || location.is_empty() {
            return Err(Failure::Usage(format!("`{text}` is not a dataset, expected `LOCATION` or `NAME=LOCATION`")));
        }
        Ok(Self { name, location: location.to_string() })
    }
}

impl Cli {
    /// Reads the command line; help and version leave through the error.
    pub fn parse_from<I, T>(arguments: I) -> Result<Self, clap::Error>
    where
        I: IntoIterator<Item = T>,
        T: Into<std::ffi::OsString> + Clone,
    {
        let matches = Self::command().try_get_matches_from(arguments)?;
        let mut cli = Self::from_arg_matches(&matches)?;
        cli.scripts = scripts(&matches, &cli);
        Ok(cli)
    }

    /// The format of answers.
    pub fn format(&self) -> Result<Format, Failure> {
        match (self.format, &self.output) {
            (Some(format), _) => Ok(format),
            (None, None) => Ok(Format::Table),
            (None, Some(file)) => Format::of_file(file).ok_or_else(|| {
                Failure::Usage(format!(
                    "the ending of `{}` does not tell a format, expected one of {}; hint: say it with --format",
                    file.display(),
                    Format::ENDINGS
                ))
            }),
        }
    }

    /// The picture to draw, and its format.
    pub fn picture(&self) -> Result<Option<(PathBuf, plot::Format)>, Failure> {
        let Some(file) = &self.plot else { return Ok(None) };
        let ending = file.extension().and_then(|e| e.to_str()).unwrap_or_default();
        let format = ending.parse().map_err(|_| {
            Failure::Usage(format!(
                "the ending of `{}` does not tell a format of a picture, expected one of {}",
                file.display(),
                plot::Format::NAMES.join(", ")
            ))
        })?;
        Ok(Some((file.clone(), format)))
    }

    /// The datasets to register; two of one name are refused.
    pub fn sources(&self) -> Result<Vec<Source>, Failure> {
        sources(&self.locations)
    }
}

fn sources(locations: &[String]) -> Result<Vec<Source>, Failure> {
    let sources = locations.iter().map(|text| Source::parse(text)).collect::<Result<Vec<_>, _>>()?;
    for (i, source) in sources.iter().enumerate() {
        if let Some(other) = sources[..i].iter().find(|s| s.name == source.name) {
            return Err(Failure::Usage(format!(
                "`{}` and `{}` are both called `{}`; hint: name one of them, NAME=LOCATION",
                other.location, source.location, source.name
            )));
        }
    }
    Ok(sources)
}

fn scripts(matches: &ArgMatches, cli: &Cli) -> Vec<Script> {
    let at = |id: &str| matches.indices_of(id).into_iter().flatten();
    let mut scripts: Vec<(usize, Script)> = at("commands")
        .zip(cli.commands.iter().cloned().map(Script::Text))
        .chain(at("files").zip(cli.files.iter().cloned().map(Script::File)))
        .collect();
    scripts.sort_by_key(|(at, _)| *at);
    scripts.into_iter().map(|(_, script)| script).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Cli {
        Cli::parse_from(std::iter::once(&"hyperslab").chain(arguments)).expect("a valid command line")
    }

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn commands_and_files_keep_the_order_of_the_command_line() {
        let cli = parse(&["-f", "a.sql", "x.zarr", "-c", "select 1", "-f", "b.sql", "-c", "select 2"]);
        assert_eq!(
            cli.scripts,
            [
                Script::File("a.sql".into()),
                Script::Text("select 1".into()),
                Script::File("b.sql".into()),
                Script::Text("select 2".into())
            ]
        );
    }

    #[test]
    fn a_location_is_named_by_its_stem_or_by_its_name() {
        for (text, name, location) in [
            ("data/ersst.zarr", "ersst", "data/ersst.zarr"),
            ("data/ersst.zarr/", "ersst", "data/ersst.zarr/"),
            ("ersst.zarr.zip", "ersst", "ersst.zarr.zip"),
            ("ersst", "ersst", "ersst"),
            ("sst.mnmean.zarr", "sst_mnmean", "sst.mnmean.zarr"),
            ("s3://bucket/a/pop.zarr", "pop", "s3://bucket/a/pop.zarr"),
            ("https://host/pop.zarr?key=1", "pop", "https://host/pop.zarr?key=1"),
            ("sst=data/ersst.zarr", "sst", "data/ersst.zarr"),
            ("sst=https://host/x?a=b", "sst", "https://host/x?a=b"),
            ("data/year=2000/a.zarr", "a", "data/year=2000/a.zarr"),
        ] {
            assert_eq!(Source::parse(text).unwrap(), Source { name: name.into(), location: location.into() });
        }
    }

    #[test]
    fn a_name_or_a_location_that_is_empty_is_refused() {
        for text in ["=x.zarr", "x=", ""] {
            assert!(Source::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn two_datasets_of_one_name_are_refused() {
        let failure = parse(&["a/x.zarr", "b/x.zarr"]).sources().unwrap_err();
        assert!(failure.to_string().contains("both called `x`"), "{failure}");
    }

    #[test]
    fn the_ending_of_the_output_tells_its_format() {
        assert_eq!(parse(&["-o", "a.CSV"]).format().unwrap(), Format::Csv);
        assert_eq!(parse(&["-o", "a.csv", "--format", "json"]).format().unwrap(), Format::Json);
        assert_eq!(parse(&[]).format().unwrap(), Format::Table);
        assert!(parse(&["-o", "a.zarr"]).format().unwrap_err().to_string().contains("a.zarr"));
    }

    #[test]
    fn the_ending_of_a_picture_tells_its_format() {
        let picture = parse(&["--plot", "sst.SVG"]).picture().unwrap();
        assert_eq!(picture, Some(("sst.SVG".into(), plot::Format::Svg)));
        assert!(parse(&["--plot", "sst.bmp"]).picture().unwrap_err().to_string().contains("png, svg, gif, apng"));
    }

    #[test]
    fn a_location_called_sample_needs_a_path() {
        assert!(matches!(parse(&["sample", "x"]).command, Some(Command::Sample { .. })));
        assert_eq!(parse(&["./sample"]).sources().unwrap()[0].name, "sample");
    }
}
