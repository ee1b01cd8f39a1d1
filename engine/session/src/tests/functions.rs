//! Holds `docs/functions.md` to the functions that there are. `UPDATE_SNAPSHOTS=1` writes the page again.

use std::path::Path;

use datafusion::logical_expr::{DocSection, Documentation};
use hyperslab_exec::functions;
use hyperslab_exec::functions::reference::{
    self, AGGREGATES, INTERVALS, LABELS, NUMBERS, POSITIONS, SPHERE, TABLES, TEXT, TIME,
};

const HEAD: &str = "# Functions

<!-- Made from the code by a test of the crate `hyperslab`. Change the functions' own texts, not this page. -->

What Hyperslab adds to the [functions of DataFusion](https://datafusion.apache.org/user-guide/sql/scalar_functions.html), and what
each is in xarray. The queries run against the sample: `hyperslab sample data`, then `hyperslab data/ersst.zarr`.
SQL tells the same:

```sql
SELECT DISTINCT syntax_example, description FROM information_schema.routines WHERE routine_name = 'nearest';
```
";

fn section(name: &str, doc: &Documentation) -> String {
    let (description, xarray) = reference::counterpart(doc);
    let mut text = format!("\n### `{name}`\n\n```text\n{}\n```\n\n{description}\n", doc.syntax_example);
    let arguments = doc.arguments.as_deref().unwrap_or_default();
    if !arguments.is_empty() {
        text += "\n| argument | is |\n|---|---|\n";
    }
    for (argument, what) in arguments {
        text += &format!("| `{argument}` | {what} |\n");
    }
    if let Some(example) = &doc.sql_example {
        text += &format!("\n{}\n", example.trim());
    }
    if let Some(xarray) = xarray {
        text += &format!("\nIn xarray: {xarray}\n");
    }
    text
}

#[test]
fn the_page_of_functions_is_current() {
    let scalars = functions::all();
    let aggregates = functions::aggregates();
    let scalars = scalars.iter().map(|f| (f.name().to_string(), f.documentation().unwrap().clone()));
    let aggregates = aggregates.iter().map(|f| (f.name().to_string(), f.documentation().unwrap().clone()));
    let tables = hyperslab_planner::table_functions().into_iter().map(|doc| {
        let name = doc.syntax_example.split('(').next().unwrap_or_default().to_string();
        (name, doc)
    });
    let all: Vec<(String, Documentation)> = scalars.chain(aggregates).chain(tables).collect();

    let mut sections = vec![TIME, TEXT, INTERVALS, NUMBERS, LABELS, POSITIONS, SPHERE, AGGREGATES, TABLES];
    for (_, doc) in &all {
        if !sections.iter().any(|s| s.label == doc.doc_section.label) {
            sections.push(doc.doc_section.clone());
        }
    }
    let mut page = HEAD.to_string();
    for DocSection { label, description, .. } in sections {
        page += &format!("\n## {label}\n");
        if let Some(description) = description {
            page += &format!("\n{description}\n");
        }
        all.iter()
            .filter(|(_, doc)| doc.doc_section.label == label)
            .for_each(|(name, doc)| page += &section(name, doc));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/functions.md");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, page, "docs/functions.md is not current: run this test with UPDATE_SNAPSHOTS=1");
}
