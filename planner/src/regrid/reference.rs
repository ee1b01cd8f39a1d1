//! What the page of functions tells of `regrid`.

use datafusion::logical_expr::Documentation;
use hyperslab_exec::functions::reference::{Reference, TABLES};

/// The text on `regrid`.
pub(crate) fn documentation() -> Documentation {
    Reference {
        section: TABLES,
        syntax: "regrid(table, dimension => labels [, …] [, like => other] [, method => 'linear'])",
        description: "A table on other labels of some of its dimensions. [Regridding](language.md#regridding) says how values come to \
                      them.",
        arguments: &[
            ("table", "A table, a location in quotes, or a query in parentheses."),
            ("lat => …", "Any dimension with its new labels: `range(start, stop, step)` without its stop, or a list."),
            ("like => …", "Another dataset, whose dimensions that this one has too are taken."),
            ("method => …", "`linear` (the default), `nearest` or `conservative`."),
            ("min_coverage => …", "For `conservative`, the part of a cell, from 0 to 1, that must be there."),
            ("max_distance => …", "For curvilinear grids, the metres beyond which no cell is near."),
        ],
        example: "SELECT lat, lon, sst FROM regrid(ersst, lat => range(-60, 61, 30), lon => [0, 90.5]) WHERE time = '2016-06-15';",
        xarray: "`ds.interp(lat=np.arange(-60, 61, 30), lon=[0, 90.5])`, `ds.interp_like(other)`; in CDO: `remapbil`, \
                 `remapnn`, `remapcon`",
    }
    .documentation()
}
