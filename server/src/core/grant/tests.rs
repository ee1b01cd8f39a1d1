//! Ways out of a grant, and that none leads out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::os::unix::fs::symlink;

use proptest::prelude::*;

use super::*;

fn allows(prefixes: &[&str], location: &str) -> bool {
    let prefixes: Vec<String> = prefixes.iter().map(|p| p.to_string()).collect();
    Grant::new(&prefixes, Path::new("/here")).allows(location).unwrap_or(false)
}

#[test]
fn what_lies_below_a_prefix_is_granted() {
    for location in [
        "/grant/x.zarr",
        "/grant",
        "/grant/",
        "//grant//x.zarr",
        "/grant/./x.zarr",
        "/grant/a b/c:d.nc",
        "/grant/*.csv",
        "/grant/2000-*/x.csv",
        "file:///grant/x.zarr",
        "FILE:///grant/a%20b.zarr",
        "zip:///grant/x.zip",
        "zip://file:///grant/x.zip",
    ] {
        assert!(allows(&["/grant"], location), "{location}");
        assert!(allows(&["/grant/"], location), "{location}");
        assert!(allows(&["file:///grant"], location), "{location}");
    }
    for location in ["data/x.zarr", "./data/x.zarr", "/here/data/x.zarr", "data"] {
        assert!(allows(&["data"], location), "{location}");
        assert!(allows(&["/here"], location), "{location}");
    }
    for location in [
        "s3://bucket/sea/x.zarr",
        "S3://bucket/sea",
        "s3://bucket/sea/",
        "s3://bucket/sea/a%20b/x.zarr",
        "zip://s3://bucket/sea/x.zip",
    ] {
        assert!(allows(&["s3://bucket/sea"], location), "{location}");
        assert!(allows(&["s3://bucket"], location), "{location}");
    }
    assert!(allows(&["https://host:8443/a"], "https://host:8443/a/x.zarr?sig=a/../b#c"));
    assert!(allows(&["abfss://fs@account.dfs.core.windows.net/a"], "abfss://fs@account.dfs.core.windows.net/a/x"));
}

#[test]
fn what_lies_beside_a_prefix_is_not() {
    for location in [
        "/grantx/x.zarr",
        "/grant-evil",
        "/gran",
        "/",
        "",
        "/etc/passwd",
        "//etc/passwd",
        "/grant/../etc/passwd",
        "/grant/..",
        "/grant/a/../../etc/passwd",
        "../grant/x",
        "grant/x",
        "/Grant/x",
        "/grant\\..\\..\\etc",
        "/grant/%2e%2e/etc/passwd",
        "/grant/%2E%2e/etc/passwd",
        "/grant/%252e%252e/etc/passwd",
        "/grant/..%2fetc/passwd",
        "/grant/%2e%2e%2fetc",
        "/grant/..%5cetc",
        "file:///grant/../etc/passwd",
        "file:///grant/%2e%2e/etc/passwd",
        "file:///grant/.%2e/etc/passwd",
        "file:///grant/%2e./etc/passwd",
        "file:///grant/%252e%252e/etc/passwd",
        "file:///grant/..%2fetc",
        "file:///grant/a%2f..%2f..%2fetc",
        "file:///etc/passwd",
        "file://host/grant/x",
        "file://localhost/grant/x",
        "file:/grant/../etc/passwd",
        "file:/grant/x",
        "file:grant/x",
        "file:////etc/passwd",
        "FILE:///etc/passwd",
        "zip:///etc/x.zip",
        "zip://zip:///grant/x.zip",
        "/*/passwd",
        "/gran*/x",
        "/grant*",
        "/grant?/x",
        "/[g]rant/x",
        "/grant/*/../../etc/x",
        " /grant/x",
        "/grant/x ",
        "/grant/x\n",
        "/gr\tant/x",
        "/grant/\0x",
        "s3://grant/x",
        "http://grant/x",
        "memory:///grant/x",
        "c:/grant/x",
        "grant:/x",
        "//grant:80/../x",
    ] {
        assert!(!allows(&["/grant"], location), "{location}");
    }
}

#[test]
fn hosts_and_buckets_are_told_apart() {
    let grant = ["s3://bucket", "https://host/data", "https://other:8443"];
    for location in [
        "s3://bucket-evil/x",
        "s3://bucket.evil/x",
        "s3://bucke/x",
        "s3://Bucket/x",
        "s3a://bucket/x",
        "gs://bucket/x",
        "s3:bucket/x",
        "s3:/bucket/x",
        "s3:///bucket/x",
        "s3://bucket:80/x",
        "s3://me@bucket/x",
        "s3://bucket@evil/x",
        "s3://bucket/../evil/x",
        "s3://bucket/%2e%2e/evil/x",
        "s3://bucket//x",
        "s3://bucket/a//x",
        "s3://bucket/./x",
        "s3://bucket\\@evil/x",
        "s3://bucket?x@evil/x",
        "s3://evil/bucket",
        "http://host/data/x",
        "https://host/datax",
        "https://host/",
        "https://host/data/../x",
        "https://host/data/%2E%2E/x",
        "https://host/data/.%2e/x",
        "https://host/data%2fx/../y",
        "https://host?/data/x",
        "https://host#/data/x",
        "https://host:443/data/x",
        "https://host.evil/data/x",
        "https://host@evil/data/x",
        "https://me:secret@host/data/x",
        "https://HOST/data/x",
        "https://evil/https://host/data/x",
        "https:///host/data/x",
        "https://other/x",
        "https://other:84430/x",
        "https://hos\u{ff54}/data/x",
        "https://host\u{3002}/data/x",
        "/bucket/x",
        "bucket/x",
    ] {
        assert!(!allows(&grant, location), "{location}");
    }
    // Only the path counts, not what is behind it.
    assert!(allows(&grant, "s3://bucket?x=1"));
}

#[test]
fn nothing_is_granted_without_a_prefix() {
    for location in ["/x", "x", "s3://b/x", "file:///x", "/"] {
        assert!(!allows(&[], location), "{location}");
    }
}

/// `root/grant` with links in it, and `root/secret`.
fn links() -> (tempfile::TempDir, String) {
    let root = tempfile::tempdir().unwrap();
    let path = root.path();
    fs::create_dir_all(path.join("grant/a")).unwrap();
    fs::create_dir_all(path.join("secret")).unwrap();
    fs::write(path.join("secret/x.csv"), "a\n1\n").unwrap();
    fs::write(path.join("grant/a/x.csv"), "a\n1\n").unwrap();
    symlink(path.join("secret"), path.join("grant/folder")).unwrap();
    symlink(path.join("secret/x.csv"), path.join("grant/file.csv")).unwrap();
    symlink("../secret/x.csv", path.join("grant/relative.csv")).unwrap();
    symlink(path.join("secret/new.csv"), path.join("grant/dangling.csv")).unwrap();
    symlink(path.join("grant/loop"), path.join("grant/loop")).unwrap();
    symlink(path.join("grant/folder"), path.join("grant/twice")).unwrap();
    symlink(path.join("grant/a"), path.join("grant/inside")).unwrap();
    symlink(path.join("grant"), path.join("alias")).unwrap();
    let text = path.canonicalize().unwrap().to_str().unwrap().to_string();
    (root, text)
}

#[test]
fn a_link_that_leads_out_is_not_followed() {
    let (_root, root) = links();
    let grant = format!("{root}/grant");
    for name in [
        "folder",
        "folder/x.csv",
        "folder/new.csv",
        "file.csv",
        "relative.csv",
        "dangling.csv",
        "dangling.csv/x",
        "loop",
        "loop/x",
        "twice/x.csv",
        "folder/*.csv",
    ] {
        assert!(!allows(&[&grant], &format!("{grant}/{name}")), "{name}");
        assert!(!allows(&[&grant], &format!("file://{grant}/{name}")), "{name}");
    }
    for name in ["inside/x.csv", "inside", "inside/new.csv", "a/new/deep.zarr", "a/*.csv"] {
        assert!(allows(&[&grant], &format!("{grant}/{name}")), "{name}");
    }
    // The prefix itself may be a link.
    assert!(allows(&[&format!("{root}/alias")], &format!("{grant}/a/x.csv")));
    assert!(allows(&[&format!("{root}/alias")], &format!("{root}/alias/a/x.csv")));
    assert!(!allows(&[&format!("{root}/alias")], &format!("{root}/alias/folder/x.csv")));
}

#[test]
fn a_folder_that_holds_a_link_out_is_not_listed() {
    let (_root, root) = links();
    let grant = format!("{root}/grant");
    assert!(!allows(&[&grant], &format!("{grant}/")));
    assert!(!allows(&[&grant], &format!("{grant}/*.csv")));
    assert!(allows(&[&grant], &format!("{grant}/a/")));
    // Both are granted, so nothing leads out.
    fs::remove_file(format!("{grant}/dangling.csv")).unwrap();
    fs::remove_file(format!("{grant}/loop")).unwrap();
    assert!(allows(&[&grant, &format!("{root}/secret")], &format!("{grant}/")));
}

/// Where a file really is, as the system sees it: parts are taken away by `..` one after the other.
fn lexical(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

fn piece() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "..", ".", "", "%2e", "%2E%2e", "..%2f", "%2f", "%5c", "\\", "*", "?", "[a]", "grant", "secret", "etc", "a",
        "~", ":", "@", "#", "%00", "%25", "grantx", " ", "\t", "\u{2215}", "。",
    ])
    .prop_map(str::to_string);
    prop_oneof![special, "[a-z%.]{1,4}"]
}

proptest! {
    #[test]
    fn a_path_that_is_granted_lies_below_the_prefix(pieces in prop::collection::vec(piece(), 0..7), start in "(/|//|/grant/|/grant|)") {
        let location = format!("{start}{}", pieces.join("/"));
        if allows(&["/grant"], &location) {
            let until_glob = location.split(['*', '?', '[']).next().unwrap();
            let folder = match until_glob.len() == location.len() {
                true => until_glob,
                false => until_glob.rsplit_once('/').map_or("", |(folder, _)| folder),
            };
            let real = lexical(folder);
            prop_assert!(real == "/grant" || real.starts_with("/grant/"), "{location} is {real}");
            prop_assert!(!location.split('/').any(|part| part == ".."), "{location}");
        }
    }

    #[test]
    fn a_url_that_is_granted_has_the_host_and_the_path_of_the_prefix(
        scheme in "(https|HTTPS|http|s3|file|zip://https)", host in "(host|host\\.evil|evil|me@host|host:1|HOST|)",
        pieces in prop::collection::vec(piece(), 0..6), start in "(data/|data|)",
    ) {
        let location = format!("{scheme}://{host}/{start}{}", pieces.join("/"));
        if allows(&["https://host/data"], &location) {
            let inner = location.strip_prefix("zip://").unwrap_or(&location);
            let path = inner.split(['?', '#']).next().unwrap();
            let path = path.split_once("://").unwrap().1;
            prop_assert!(inner.to_ascii_lowercase().starts_with("https://host/data"), "{location}");
            prop_assert!(path == "host/data" || path.starts_with("host/data/"), "{location}");
            prop_assert!(!path.split('/').any(|part| part == ".."), "{location}");
            prop_assert!(!path.to_ascii_lowercase().contains("%2e%2e"), "{location}");
        }
    }

    #[test]
    fn no_text_makes_it_panic(location in "\\PC*", prefix in "\\PC*") {
        let _ = allows(&[&prefix], &location);
        let _ = check_prefix(&prefix);
    }
}
