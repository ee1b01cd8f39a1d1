//! The constants of the file format: versions, types and their sizes, tags of lists, fill values.

use hyperslab_array::DataType;

/// The first bytes of a list of dimensions.
pub(crate) const TAG_DIMENSIONS: u32 = 0x0a;
/// The first bytes of a list of variables.
pub(crate) const TAG_VARIABLES: u32 = 0x0b;
/// The first bytes of a list of attributes.
pub(crate) const TAG_ATTRIBUTES: u32 = 0x0c;

/// Everything in a file starts at a multiple of this.
pub(crate) const ALIGNMENT: u64 = 4;

/// Bytes of a name: the netCDF library takes no longer ones.
pub(crate) const MOST_NAME: u64 = 256;

/// Dimensions of a variable: the netCDF library takes no more.
pub(crate) const MOST_RANK: u64 = 1024;

/// How wide the numbers of a header are, and which types there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// CDF-1: offsets of 32 bits.
    Classic,
    /// CDF-2: offsets of 64 bits.
    Offset64,
    /// CDF-5: offsets, sizes and counts of 64 bits, and unsigned and 64-bit integers.
    Data64,
}

impl Kind {
    /// From the byte after `CDF`.
    pub(crate) fn of_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Classic),
            2 => Some(Self::Offset64),
            5 => Some(Self::Data64),
            _ => None,
        }
    }

    /// The byte after `CDF`.
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Classic => 1,
            Self::Offset64 => 2,
            Self::Data64 => 5,
        }
    }

    /// Bytes of a count or size.
    pub(crate) fn count_size(self) -> u64 {
        if self == Self::Data64 { 8 } else { 4 }
    }

    /// Bytes of an offset.
    pub(crate) fn offset_size(self) -> u64 {
        if self == Self::Classic { 4 } else { 8 }
    }
}

/// The type of stored values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoredType {
    Byte,
    Char,
    Short,
    Int,
    Float,
    Double,
    UByte,
    UShort,
    UInt,
    Int64,
    UInt64,
}

impl StoredType {
    const ALL: [Self; 11] = [
        Self::Byte,
        Self::Char,
        Self::Short,
        Self::Int,
        Self::Float,
        Self::Double,
        Self::UByte,
        Self::UShort,
        Self::UInt,
        Self::Int64,
        Self::UInt64,
    ];

    /// From its number in a header of `kind`.
    pub(crate) fn of_code(code: u32, kind: Kind) -> Option<Self> {
        let index = usize::try_from(code).ok()?.checked_sub(1)?;
        Self::ALL.get(index).copied().filter(|t| kind == Kind::Data64 || t.is_classic())
    }

    /// Its number in a header.
    pub(crate) fn code(self) -> u32 {
        self as u32 + 1
    }

    /// Whether CDF-1 and CDF-2 have it.
    pub(crate) fn is_classic(self) -> bool {
        self.code() <= 6
    }

    /// Bytes of a value.
    pub(crate) fn size(self) -> u64 {
        match self {
            Self::Byte | Self::Char | Self::UByte => 1,
            Self::Short | Self::UShort => 2,
            Self::Int | Self::UInt | Self::Float => 4,
            Self::Double | Self::Int64 | Self::UInt64 => 8,
        }
    }

    /// The type that values arrive as.
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Byte => DataType::Int8,
            Self::Char => DataType::String,
            Self::Short => DataType::Int16,
            Self::Int => DataType::Int32,
            Self::Float => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::UByte => DataType::UInt8,
            Self::UShort => DataType::UInt16,
            Self::UInt => DataType::UInt32,
            Self::Int64 => DataType::Int64,
            Self::UInt64 => DataType::UInt64,
        }
    }

    /// The stored bytes of what the netCDF library puts where nothing was written.
    pub(crate) fn default_fill(self) -> Vec<u8> {
        // 1.875 × 2^122, in either width.
        let float = f32::from_bits(0x7cf0_0000);
        match self {
            Self::Byte => (-127i8).to_be_bytes().to_vec(),
            Self::Char => vec![0],
            Self::Short => (-32_767i16).to_be_bytes().to_vec(),
            Self::Int => (-2_147_483_647i32).to_be_bytes().to_vec(),
            Self::Float => float.to_be_bytes().to_vec(),
            Self::Double => f64::from(float).to_be_bytes().to_vec(),
            Self::UByte => vec![255],
            Self::UShort => u16::MAX.to_be_bytes().to_vec(),
            Self::UInt => u32::MAX.to_be_bytes().to_vec(),
            Self::Int64 => (i64::MIN + 2).to_be_bytes().to_vec(),
            Self::UInt64 => (u64::MAX - 1).to_be_bytes().to_vec(),
        }
    }
}

/// `n` made a multiple of [`ALIGNMENT`]; saturates.
pub(crate) fn padded(n: u64) -> u64 {
    n.checked_next_multiple_of(ALIGNMENT).unwrap_or(u64::MAX)
}
