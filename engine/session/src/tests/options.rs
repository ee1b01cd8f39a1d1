//! Holds `docs/options.md` to the options that there are. `UPDATE_SNAPSHOTS=1` writes the page again.

use std::path::Path;

use super::context;

const HEAD: &str = "# Options

<!-- Made from the code by a test of the crate `hyperslab`. Change the doc comments there, not this page. -->

Every option can be set in SQL (`SET hyperslab.scan.prefetch_chunks = 8`), by the builder
(`Context::builder().option(\"hyperslab.scan.prefetch_chunks\", \"8\")`) and by an environment variable, whose name is
the option in capitals with `_` for `.` (`HYPERSLAB_SCAN_PREFETCH_CHUNKS=8`). The builder goes before the environment, and
`SET` before both. `SHOW hyperslab.scan.prefetch_chunks` tells the value. DataFusion's own options (`datafusion.…`) can be
set as well, except by environment.
";

#[tokio::test]
async fn the_page_of_options_is_current() {
    let context = context().await;
    let mut entries = context.session().state().config_options().entries();
    entries.retain(|e| e.key.starts_with("hyperslab."));
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    let mut page = HEAD.to_string();
    let mut section = String::new();
    for entry in &entries {
        let own = entry.key.rsplit_once('.').unwrap().0;
        if own != section {
            page.push_str(&format!("\n## `{own}`\n\n| option | default | meaning |\n|---|---|---|\n"));
            section = own.to_string();
        }
        let default = entry.value.as_deref().unwrap_or_default();
        page.push_str(&format!("| `{}` | `{default}` | {} |\n", entry.key, entry.description.trim()));
    }
    assert!(entries.len() > 5, "{entries:?}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/options.md");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, page, "docs/options.md is not current: run this test with UPDATE_SNAPSHOTS=1");
}
