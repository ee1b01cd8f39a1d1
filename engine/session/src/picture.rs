//! An answer as a picture: `COPY … STORED AS PNG`, and [`QueryResult::to_picture`].
//!
//! ```text
//! rows ─→ labelled dataset ─→ roles (what goes right, up, from frame to frame) ─→ hyperslab-plot ─→ bytes
//! ```

mod arrays;
mod roles;

#[cfg(test)]
mod tests;

use datafusion::error::{DataFusionError, Result};
use datafusion::sql::parser::CopyToStatement;
use hyperslab_array::ArrayError;
use hyperslab_exec::datafusion_error;
use hyperslab_plot::{Format, PlotError, Style, draw};

use self::roles::Roles;
use crate::QueryResult;

/// The format of a `COPY`, where it is a picture: from `STORED AS`, or from the end of its target.
pub(crate) fn format_of(copy: &CopyToStatement) -> Option<Format> {
    let named = match &copy.stored_as {
        Some(stated) => stated.clone(),
        None => copy.target.rsplit_once('.').map(|(_, ending)| ending.to_string())?,
    };
    named.parse().ok()
}

/// What a person says of a picture.
#[derive(Debug, Clone, Default)]
pub(crate) struct PictureOptions {
    pub style: Style,
    pub roles: Roles,
}

impl PictureOptions {
    /// Reads names and values: those of [`Style::NAMES`], and which column is what.
    pub fn try_new<'a>(given: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let mut options = Self::default();
        for (name, value) in given {
            let is_role = options.roles.set(name, value);
            if !is_role && !Style::NAMES.contains(&name.to_ascii_lowercase().as_str()) {
                let valid = Roles::NAMES.into_iter().chain(Style::NAMES);
                return Err(datafusion_error(
                    ArrayError::argument(format!("unknown option `{name}` of a picture"))
                        .hint(hyperslab_array::nearest_names(name, valid)),
                ));
            }
            if !is_role {
                options.style.set(name, value).map_err(plot_error)?;
            }
        }
        Ok(options)
    }
}

impl QueryResult {
    /// Runs the query, and draws its answer: one dimension as a line, two as a map, three as a movie. A dimension of one
    /// label is left out, and told in the title.
    ///
    /// `options` are names and values as in `COPY … OPTIONS (…)`: `x`, `y`, `value`, `series`, `frames` say which column
    /// is what, and [`Style::NAMES`] how it looks.
    ///
    /// # Errors
    /// When the query fails, its answer has no values to draw or more dimensions than a picture, or an option does not fit.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let context = hyperslab::Context::builder().build()?;
    /// let answer = context.sql("SELECT * FROM (VALUES (0, 1.5), (1, 2.5), (2, 2.0)) AS t(x, y)").await?;
    /// let png = answer.to_picture(hyperslab::plot::Format::Png, &[("title", "three points")]).await?;
    /// assert!(png.starts_with(b"\x89PNG"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn to_picture(self, format: Format, options: &[(&str, &str)]) -> Result<Vec<u8>> {
        let options = PictureOptions::try_new(options.iter().copied())?;
        self.draw(format, options).await
    }

    pub(crate) async fn draw(self, format: Format, options: PictureOptions) -> Result<Vec<u8>> {
        let roles = options.roles.completed(&self)?;
        let dimensions: Vec<&str> = roles.dimensions.iter().map(String::as_str).collect();
        let dataset = self.to_dataset_by(&dimensions).await?;
        let (picture, title) = arrays::picture(&dataset, &roles)?;
        let mut style = options.style;
        style.title = style.title.or(title);
        // Drawing takes its time, and must not hold other queries.
        let drawn = tokio::task::spawn_blocking(move || draw(&picture, &style, format)).await;
        let drawn =
            drawn.map_err(|e| datafusion_error(ArrayError::internal("the picture was not drawn").with_source(e)))?;
        drawn.map_err(plot_error)
    }
}

fn plot_error(error: PlotError) -> DataFusionError {
    datafusion_error(ArrayError::argument(error.to_string()))
}
