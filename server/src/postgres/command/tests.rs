//! Statements by their first words.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

fn parsed(text: &str) -> Result<Command, (String, Option<usize>)> {
    let pieces = split(text).map_err(|e| (e.message, e.position))?;
    let [piece] = pieces.as_slice() else { panic!("{text} is not one statement") };
    parse(piece).map_err(|e| (e.message, e.position))
}

fn set(text: &str) -> (String, Option<String>, bool) {
    match parsed(text) {
        Ok(Command::Set { settings, local, .. }) => {
            let (name, value) = settings.into_iter().next().unwrap();
            (name, value, local)
        }
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn texts_are_split_where_statements_end() {
    let texts = |text| split(text).unwrap().iter().map(|p| (p.text.to_string(), p.offset)).collect::<Vec<_>>();
    assert_eq!(texts(" ; -- no;\n"), []);
    assert_eq!(texts("select ';é' ; /* ; */ sélect $$;$$"), [("select ';é'".into(), 0), ("sélect $$;$$".into(), 22)]);
    assert!(split("select 'open").is_err());
}

#[test]
fn settings_are_set_in_all_forms() {
    for (text, name, value, local) in [
        ("SET DateStyle = 'ISO'", "datestyle", Some("ISO"), false),
        ("set datestyle to iso, mdy", "datestyle", Some("iso, mdy"), false),
        ("SET LOCAL x.y = -5", "x.y", Some("-5"), true),
        ("SET SESSION a TO DEFAULT", "a", None, false),
        ("SET TIME ZONE 'Europe/Paris'", "TimeZone", Some("Europe/Paris"), false),
        ("SET TIME ZONE INTERVAL '+02:00' HOUR TO MINUTE", "TimeZone", Some("+02:00"), false),
        ("SET TIMEZONE = UTC", "timezone", Some("utc"), false),
        ("SET NAMES 'utf8'", "client_encoding", Some("utf8"), false),
        ("set search_path = \"Public\", b", "search_path", Some("\"Public\", b"), false),
        ("SET ROLE none", "role", Some("none"), false),
        ("SET SESSION AUTHORIZATION DEFAULT", "session_authorization", None, false),
    ] {
        assert_eq!(set(text), (name.to_string(), value.map(str::to_string), local), "{text}");
    }
    assert!(matches!(parsed("SET TRANSACTION READ ONLY, ISOLATION LEVEL SERIALIZABLE"), Ok(Command::Set { .. })));
    assert!(matches!(parsed("SET hyperslab.x.y = 1"), Ok(Command::SetEngine { .. })));
    assert_eq!(parsed("SET a = "), Err(("syntax error at end of input".into(), Some(8))));
    assert_eq!(parsed("SET a = 1 2"), Err(("syntax error at or near \"2\"".into(), Some(11))));
}

#[test]
fn cursors_are_declared_and_read_in_all_forms() {
    let Ok(Command::Declare { name, binary, hold, body, .. }) =
        parsed("declare \"C\" binary no scroll cursor with hold for select 1")
    else {
        panic!("no cursor");
    };
    assert_eq!((name.as_str(), binary, hold, body.text.as_str(), body.offset), ("C", true, true, "select 1", 50));
    for (text, rows, moves) in [
        ("fetch c", Fetch::Forward(1), false),
        ("fetch next from c", Fetch::Forward(1), false),
        ("fetch 100 in c", Fetch::Forward(100), false),
        ("fetch forward 5 from c", Fetch::Forward(5), false),
        ("fetch forward all from c", Fetch::All, false),
        ("fetch all c", Fetch::All, false),
        ("move relative 3 from c", Fetch::Relative(3), true),
        ("fetch first from c", Fetch::Absolute(1), false),
        ("fetch -1 from c", Fetch::Backward, false),
        ("fetch backward all from c", Fetch::Backward, false),
        ("fetch prior c", Fetch::Backward, false),
    ] {
        assert_eq!(parsed(text), Ok(Command::Fetch { name: "c".into(), rows, moves }), "{text}");
    }
}

#[test]
fn copies_have_two_syntaxes() {
    let copy = |text: &str| match parsed(text) {
        Ok(Command::Copy(copy)) => copy,
        other => panic!("{text}: {other:?}"),
    };
    let query = copy("COPY (select ')' from x where (a) = 1) TO STDOUT (FORMAT \"binary\")");
    assert_eq!((query.query.text.as_str(), query.query.offset), ("select ')' from x where (a) = 1", 6));
    assert_eq!(query.format, CopyFormat::Binary);
    assert_eq!(copy("copy S.\"T\" (a, b) to stdout").query.text, "SELECT a, b FROM \"s\".\"T\"");
    let csv = copy("copy t to stdout with csv header delimiter as ';' null '-' force quote a, b");
    assert_eq!((csv.format, csv.header, csv.delimiter, csv.null.as_str()), (CopyFormat::Csv, true, b';', "-"));
    assert_eq!(csv.force_quote, ForceQuote::Columns(vec!["a".into(), "b".into()]));
    assert!(matches!(parsed("copy t to 'file'"), Ok(Command::Engine { .. })));
    assert!(parsed("copy t from stdin").is_err());
}

#[test]
fn other_statements_are_told_apart() {
    assert!(matches!(parsed("(select 1)"), Ok(Command::Query(_))));
    assert!(matches!(parsed("show tables"), Ok(Command::Engine { .. })));
    assert_eq!(parsed("SHOW transaction isolation level"), Ok(Command::Show(Some("transaction_isolation".into()))));
    assert_eq!(parsed("show all"), Ok(Command::Show(None)));
    assert_eq!(parsed("end work and no chain"), Ok(Command::Commit { chain: false }));
    assert_eq!(parsed("rollback work to savepoint \"S\""), Ok(Command::RollbackTo("S".into())));
    assert_eq!(
        parsed("execute p (-1, 'a'::text, date '2000-01-01', null, true)"),
        Ok(Command::Execute {
            name: "p".into(),
            values: ["-1", "a", "2000-01-01"]
                .map(|v| Some(v.to_string()))
                .into_iter()
                .chain([None, Some("true".into())])
                .collect(),
        })
    );
    let Ok(Command::Prepare { types, body, .. }) = parsed("prepare p (float8, character varying) as select $1") else {
        panic!("not prepared");
    };
    assert_eq!((types, body.text.as_str()), (vec![701, 1043], "select $1"));
}
