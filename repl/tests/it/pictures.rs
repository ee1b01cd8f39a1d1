//! Pictures that are checked in, held to what is drawn now: by their pixels, because the same pixels are not the same bytes with
//! every library of compression.

use std::fs;
use std::path::{Path, PathBuf};

/// Of the numbers of all pixels, how many may differ: a colour of a cell at an edge.
const MAY_DIFFER: f64 = 0.002;
/// So that the project stays small.
const MOST_BYTES: u64 = 60_000;

/// The picture of `sql-examples/NN_topic.sql`: `NN_topic.png` or `NN_topic.gif` beside it, where there is one.
pub fn of(example: &Path) -> Option<PathBuf> {
    ["png", "gif"].map(|ending| example.with_extension(ending)).into_iter().find(|picture| picture.is_file())
}

/// What is wrong with the picture of an example that ran in `folder`, where it is called `topic.png`.
pub fn difference(example: &Path, folder: &Path) -> Option<String> {
    let topic = example.file_stem().unwrap().to_str().unwrap().split_once('_').unwrap().1.to_string();
    let drawn = ["png", "gif"].map(|ending| folder.join(&topic).with_extension(ending));
    match drawn.into_iter().find(|picture| picture.is_file()) {
        Some(drawn) => compare(&drawn, &example.with_extension(drawn.extension().unwrap()), MOST_BYTES),
        None => of(example).map(|picture| format!("{} is not drawn", picture.display())),
    }
}

/// What is wrong with `picture`, which should look like `drawn`. `UPDATE_EXAMPLES=1` puts that in its place.
pub fn compare(drawn: &Path, picture: &Path, most_bytes: u64) -> Option<String> {
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        fs::copy(drawn, picture).unwrap();
    }
    let Ok(bytes) = fs::read(picture) else { return Some(format!("{} is not there", picture.display())) };
    if bytes.len() as u64 > most_bytes {
        return Some(format!("{} has {} bytes", picture.display(), bytes.len()));
    }
    let (found, wanted) = (pixels(&bytes), pixels(&fs::read(drawn).unwrap()));
    let differ = found.1.iter().zip(&wanted.1).filter(|(a, b)| a != b).count();
    let same = found.0 == wanted.0 && found.1.len() == wanted.1.len();
    let few = differ as f64 <= MAY_DIFFER * wanted.1.len() as f64;
    (!same || !few).then(|| format!("{}: {:?}, drawn {:?}, {differ} differ", picture.display(), found.0, wanted.0))
}

/// Width, height, and the numbers of all pixels of all frames.
fn pixels(bytes: &[u8]) -> ((u32, u32), Vec<u8>) {
    if bytes.starts_with(b"GIF") {
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut reader = options.read_info(bytes).unwrap();
        let size = (reader.width().into(), reader.height().into());
        let mut all = Vec::new();
        while let Some(frame) = reader.read_next_frame().unwrap() {
            all.extend_from_slice(&frame.buffer);
        }
        return (size, all);
    }
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut all = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut all).unwrap();
    all.truncate(frame.buffer_size());
    ((frame.width, frame.height), all)
}
