//! Where answers go: standard output, or a file that appears only when it is whole.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Takes the bytes of answers, and remembers whether the reader has left.
pub struct Sink {
    out: Option<Box<dyn Write + Send>>,
    file: Option<Pending>,
    is_file: bool,
    closed: bool,
}

/// A file under its name to be, and the name it has until it is whole.
struct Pending {
    partial: PathBuf,
    target: PathBuf,
}

impl Sink {
    /// Writes to standard output.
    pub fn stdout() -> Self {
        Self::to(io::stdout())
    }

    /// Writes to `out`.
    pub fn to(out: impl Write + Send + 'static) -> Self {
        Self { out: Some(Box::new(BufWriter::new(out))), file: None, is_file: false, closed: false }
    }

    /// Writes to a file beside `target`, which takes its name in [`Sink::finish`]. A device or a pipe is not replaced by
    /// a file, but written to.
    pub fn file(target: &Path) -> Result<Self, Failure> {
        let mut name = target.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}.partial", std::process::id()));
        let partial = target.with_file_name(name);
        let cannot = |e| Failure::of(format!("cannot write `{}`", target.display()), e);
        if target.is_dir() {
            return Err(cannot(io::Error::other("it is a folder, expected a file")));
        }
        if std::fs::metadata(target).is_ok_and(|found| !found.is_file()) {
            let device = File::options().write(true).open(target).map_err(cannot)?;
            let mut sink = Self::to(device);
            sink.is_file = true;
            return Ok(sink);
        }
        let file = File::create_new(&partial).map_err(cannot)?;
        let mut sink = Self::to(file);
        sink.file = Some(Pending { partial, target: target.to_path_buf() });
        sink.is_file = true;
        Ok(sink)
    }

    /// Whether the reader of standard output has left, as `head` does: no fault, but nothing more is wanted.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether answers go to a file.
    pub fn is_file(&self) -> bool {
        self.is_file
    }

    /// Writes what is held back, and gives a file its name.
    pub fn finish(mut self) -> Result<(), Failure> {
        let flushed = self.flush();
        // Closed before it is renamed, for systems that need it.
        self.out = None;
        match self.file.take() {
            _ if self.closed => Ok(()),
            None => flushed.map_err(|e| Failure::of("cannot write the answer", e)),
            Some(Pending { partial, target }) => flushed
                .and_then(|()| std::fs::rename(&partial, &target))
                .inspect_err(|_| {
                    let _ = std::fs::remove_file(&partial);
                })
                .map_err(|e| Failure::of(format!("cannot write `{}`", target.display()), e)),
        }
    }

    fn noticing<T>(&mut self, write: impl FnOnce(&mut Box<dyn Write + Send>) -> io::Result<T>) -> io::Result<T> {
        let Some(out) = &mut self.out else { return Err(ErrorKind::BrokenPipe.into()) };
        let result = write(out);
        if let Err(e) = &result {
            self.closed |= e.kind() == ErrorKind::BrokenPipe;
        }
        result
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.noticing(|out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.noticing(|out| out.flush())
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Some(Pending { partial, .. }) = self.file.take() {
            self.out = None;
            let _ = std::fs::remove_file(partial);
        }
    }
}
