//! Chunks that wait in temporary files for their last cells. The files go when the export does.

use std::fs;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::PathBuf;

use hyperslab_array::{ArrayError, Result, Values};

use super::assemble::OpenChunk;

/// A folder of temporary files, made when the first is.
#[derive(Debug, Default)]
pub(super) struct Spill {
    folder: Option<tempfile::TempDir>,
}

impl Spill {
    /// Puts a chunk away.
    pub fn write(&mut self, number: u64, chunk: &OpenChunk) -> Result<()> {
        if self.folder.is_none() {
            self.folder = Some(tempfile::tempdir().map_err(failed)?);
        }
        let mut file = BufWriter::new(fs::File::create(self.path(number)?).map_err(failed)?);
        let mut write = || -> std::io::Result<()> {
            chunk.filled.iter().try_for_each(|word| file.write_all(&word.to_le_bytes()))?;
            chunk.values.iter().try_for_each(|values| write_values(&mut file, values))?;
            file.flush()
        };
        write().map_err(failed)
    }

    /// Brings back what [`Self::write`] put away; `chunk` has its shape and types.
    pub fn read(&mut self, number: u64, chunk: &mut OpenChunk) -> Result<()> {
        let path = self.path(number)?;
        let mut file = BufReader::new(fs::File::open(&path).map_err(failed)?);
        let cells = chunk.left;
        let mut read = || -> std::io::Result<()> {
            for word in &mut chunk.filled {
                let mut bytes = [0; 8];
                file.read_exact(&mut bytes)?;
                *word = u64::from_le_bytes(bytes);
            }
            chunk.values.iter_mut().try_for_each(|values| read_values(&mut file, values))
        };
        read().map_err(failed)?;
        chunk.left = cells - chunk.filled.iter().map(|word| word.count_ones() as usize).sum::<usize>();
        fs::remove_file(path).map_err(failed)
    }

    fn path(&self, number: u64) -> Result<PathBuf> {
        let folder = self.folder.as_ref().ok_or_else(|| ArrayError::internal("no chunk was put away"))?;
        Ok(folder.path().join(number.to_string()))
    }
}

fn failed(error: std::io::Error) -> ArrayError {
    ArrayError::io("a temporary file of the export cannot be used").with_source(error)
}

fn write_values(file: &mut impl Write, values: &Values) -> std::io::Result<()> {
    macro_rules! numbers {
        ($($variant:ident)*) => {
            match values {
                $(Values::$variant(v) => v.iter().try_for_each(|x| file.write_all(&x.to_le_bytes())),)*
                Values::Bool(v) => v.iter().try_for_each(|x| file.write_all(&[u8::from(*x)])),
                Values::String(v) => v.iter().try_for_each(|text| {
                    file.write_all(&(text.len() as u64).to_le_bytes())?;
                    file.write_all(text.as_bytes())
                }),
            }
        };
    }
    numbers!(Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64 Timestamp Duration)
}

fn read_values(file: &mut impl Read, values: &mut Values) -> std::io::Result<()> {
    macro_rules! numbers {
        ($($variant:ident $t:ty)*) => {
            match values {
                $(Values::$variant(v) => v.iter_mut().try_for_each(|x| {
                    let mut bytes = [0; size_of::<$t>()];
                    file.read_exact(&mut bytes)?;
                    *x = <$t>::from_le_bytes(bytes);
                    Ok(())
                }),)*
                Values::Bool(v) => v.iter_mut().try_for_each(|x| {
                    let mut byte = [0];
                    file.read_exact(&mut byte)?;
                    *x = byte != [0];
                    Ok(())
                }),
                Values::String(v) => v.iter_mut().try_for_each(|text| {
                    let mut length = [0; 8];
                    file.read_exact(&mut length)?;
                    let mut bytes = vec![0; usize::try_from(u64::from_le_bytes(length)).unwrap_or(0)];
                    file.read_exact(&mut bytes)?;
                    *text = String::from_utf8(bytes).map_err(std::io::Error::other)?;
                    Ok(())
                }),
            }
        };
    }
    numbers!(Int8 i8 Int16 i16 Int32 i32 Int64 i64 UInt8 u8 UInt16 u16 UInt32 u32 UInt64 u64 Float32 f32 Float64 f64
        Timestamp i64 Duration i64)
}
