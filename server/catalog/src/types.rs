//! PostgreSQL's types: their numbers, names, lengths and categories.

/// What is known of a type without a catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeInfo {
    /// Its number in `pg_type`.
    pub oid: u32,
    /// Its internal name, for example `int4`.
    pub name: &'static str,
    /// The number of its array type, or 0.
    pub array: u32,
    /// Bytes of a value, -1 when they vary, -2 for a C string.
    pub length: i16,
    /// The letter that decides which types are tried for each other.
    pub category: char,
    /// Whether other types of the category are turned into this one when in doubt.
    pub preferred: bool,
    /// Whether only functions have it, as argument or answer.
    pub pseudo: bool,
}

/// The number of the type `bool`.
pub const BOOL: u32 = 16;
/// The number of the type `bytea`.
pub const BYTEA: u32 = 17;
/// The number of the type `char`.
pub const CHAR: u32 = 18;
/// The number of the type `name`.
pub const NAME: u32 = 19;
/// The number of the type `int8`.
pub const INT8: u32 = 20;
/// The number of the type `int2`.
pub const INT2: u32 = 21;
/// The number of the type `int2vector`.
pub const INT2VECTOR: u32 = 22;
/// The number of the type `int4`.
pub const INT4: u32 = 23;
/// The number of the type `regproc`.
pub const REGPROC: u32 = 24;
/// The number of the type `text`.
pub const TEXT: u32 = 25;
/// The number of the type `oid`.
pub const OID: u32 = 26;
/// The number of the type `tid`.
pub const TID: u32 = 27;
/// The number of the type `xid`.
pub const XID: u32 = 28;
/// The number of the type `cid`.
pub const CID: u32 = 29;
/// The number of the type `oidvector`.
pub const OIDVECTOR: u32 = 30;
/// The number of the type `pg_ddl_command`.
pub const PG_DDL_COMMAND: u32 = 32;
/// The number of the type `json`.
pub const JSON: u32 = 114;
/// The number of the type `xml`.
pub const XML: u32 = 142;
/// The number of the type `pg_node_tree`.
pub const PG_NODE_TREE: u32 = 194;
/// The number of the type `table_am_handler`.
pub const TABLE_AM_HANDLER: u32 = 269;
/// The number of the type `index_am_handler`.
pub const INDEX_AM_HANDLER: u32 = 325;
/// The number of the type `point`.
pub const POINT: u32 = 600;
/// The number of the type `lseg`.
pub const LSEG: u32 = 601;
/// The number of the type `path`.
pub const PATH: u32 = 602;
/// The number of the type `box`.
pub const BOX: u32 = 603;
/// The number of the type `polygon`.
pub const POLYGON: u32 = 604;
/// The number of the type `line`.
pub const LINE: u32 = 628;
/// The number of the type `cidr`.
pub const CIDR: u32 = 650;
/// The number of the type `float4`.
pub const FLOAT4: u32 = 700;
/// The number of the type `float8`.
pub const FLOAT8: u32 = 701;
/// The number of the type `unknown`.
pub const UNKNOWN: u32 = 705;
/// The number of the type `circle`.
pub const CIRCLE: u32 = 718;
/// The number of the type `macaddr8`.
pub const MACADDR8: u32 = 774;
/// The number of the type `money`.
pub const MONEY: u32 = 790;
/// The number of the type `macaddr`.
pub const MACADDR: u32 = 829;
/// The number of the type `inet`.
pub const INET: u32 = 869;
/// The number of the type `aclitem`.
pub const ACLITEM: u32 = 1033;
/// The number of the type `bpchar`.
pub const BPCHAR: u32 = 1042;
/// The number of the type `varchar`.
pub const VARCHAR: u32 = 1043;
/// The number of the type `date`.
pub const DATE: u32 = 1082;
/// The number of the type `time`.
pub const TIME: u32 = 1083;
/// The number of the type `timestamp`.
pub const TIMESTAMP: u32 = 1114;
/// The number of the type `timestamptz`.
pub const TIMESTAMPTZ: u32 = 1184;
/// The number of the type `interval`.
pub const INTERVAL: u32 = 1186;
/// The number of the type `timetz`.
pub const TIMETZ: u32 = 1266;
/// The number of the type `bit`.
pub const BIT: u32 = 1560;
/// The number of the type `varbit`.
pub const VARBIT: u32 = 1562;
/// The number of the type `numeric`.
pub const NUMERIC: u32 = 1700;
/// The number of the type `refcursor`.
pub const REFCURSOR: u32 = 1790;
/// The number of the type `regprocedure`.
pub const REGPROCEDURE: u32 = 2202;
/// The number of the type `regoper`.
pub const REGOPER: u32 = 2203;
/// The number of the type `regoperator`.
pub const REGOPERATOR: u32 = 2204;
/// The number of the type `regclass`.
pub const REGCLASS: u32 = 2205;
/// The number of the type `regtype`.
pub const REGTYPE: u32 = 2206;
/// The number of the type `record`.
pub const RECORD: u32 = 2249;
/// The number of the type `cstring`.
pub const CSTRING: u32 = 2275;
/// The number of the type `any`.
pub const ANY: u32 = 2276;
/// The number of the type `anyarray`.
pub const ANYARRAY: u32 = 2277;
/// The number of the type `void`.
pub const VOID: u32 = 2278;
/// The number of the type `trigger`.
pub const TRIGGER: u32 = 2279;
/// The number of the type `language_handler`.
pub const LANGUAGE_HANDLER: u32 = 2280;
/// The number of the type `internal`.
pub const INTERNAL: u32 = 2281;
/// The number of the type `anyelement`.
pub const ANYELEMENT: u32 = 2283;
/// The number of the type `anynonarray`.
pub const ANYNONARRAY: u32 = 2776;
/// The number of the type `uuid`.
pub const UUID: u32 = 2950;
/// The number of the type `txid_snapshot`.
pub const TXID_SNAPSHOT: u32 = 2970;
/// The number of the type `fdw_handler`.
pub const FDW_HANDLER: u32 = 3115;
/// The number of the type `pg_lsn`.
pub const PG_LSN: u32 = 3220;
/// The number of the type `tsm_handler`.
pub const TSM_HANDLER: u32 = 3310;
/// The number of the type `pg_ndistinct`.
pub const PG_NDISTINCT: u32 = 3361;
/// The number of the type `pg_dependencies`.
pub const PG_DEPENDENCIES: u32 = 3402;
/// The number of the type `anyenum`.
pub const ANYENUM: u32 = 3500;
/// The number of the type `tsvector`.
pub const TSVECTOR: u32 = 3614;
/// The number of the type `tsquery`.
pub const TSQUERY: u32 = 3615;
/// The number of the type `gtsvector`.
pub const GTSVECTOR: u32 = 3642;
/// The number of the type `regconfig`.
pub const REGCONFIG: u32 = 3734;
/// The number of the type `regdictionary`.
pub const REGDICTIONARY: u32 = 3769;
/// The number of the type `jsonb`.
pub const JSONB: u32 = 3802;
/// The number of the type `anyrange`.
pub const ANYRANGE: u32 = 3831;
/// The number of the type `event_trigger`.
pub const EVENT_TRIGGER: u32 = 3838;
/// The number of the type `int4range`.
pub const INT4RANGE: u32 = 3904;
/// The number of the type `numrange`.
pub const NUMRANGE: u32 = 3906;
/// The number of the type `tsrange`.
pub const TSRANGE: u32 = 3908;
/// The number of the type `tstzrange`.
pub const TSTZRANGE: u32 = 3910;
/// The number of the type `daterange`.
pub const DATERANGE: u32 = 3912;
/// The number of the type `int8range`.
pub const INT8RANGE: u32 = 3926;
/// The number of the type `jsonpath`.
pub const JSONPATH: u32 = 4072;
/// The number of the type `regnamespace`.
pub const REGNAMESPACE: u32 = 4089;
/// The number of the type `regrole`.
pub const REGROLE: u32 = 4096;
/// The number of the type `regcollation`.
pub const REGCOLLATION: u32 = 4191;
/// The number of the type `int4multirange`.
pub const INT4MULTIRANGE: u32 = 4451;
/// The number of the type `nummultirange`.
pub const NUMMULTIRANGE: u32 = 4532;
/// The number of the type `tsmultirange`.
pub const TSMULTIRANGE: u32 = 4533;
/// The number of the type `tstzmultirange`.
pub const TSTZMULTIRANGE: u32 = 4534;
/// The number of the type `datemultirange`.
pub const DATEMULTIRANGE: u32 = 4535;
/// The number of the type `int8multirange`.
pub const INT8MULTIRANGE: u32 = 4536;
/// The number of the type `anymultirange`.
pub const ANYMULTIRANGE: u32 = 4537;
/// The number of the type `anycompatiblemultirange`.
pub const ANYCOMPATIBLEMULTIRANGE: u32 = 4538;
/// The number of the type `pg_brin_bloom_summary`.
pub const PG_BRIN_BLOOM_SUMMARY: u32 = 4600;
/// The number of the type `pg_brin_minmax_multi_summary`.
pub const PG_BRIN_MINMAX_MULTI_SUMMARY: u32 = 4601;
/// The number of the type `pg_mcv_list`.
pub const PG_MCV_LIST: u32 = 5017;
/// The number of the type `pg_snapshot`.
pub const PG_SNAPSHOT: u32 = 5038;
/// The number of the type `xid8`.
pub const XID8: u32 = 5069;
/// The number of the type `anycompatible`.
pub const ANYCOMPATIBLE: u32 = 5077;
/// The number of the type `anycompatiblearray`.
pub const ANYCOMPATIBLEARRAY: u32 = 5078;
/// The number of the type `anycompatiblenonarray`.
pub const ANYCOMPATIBLENONARRAY: u32 = 5079;
/// The number of the type `anycompatiblerange`.
pub const ANYCOMPATIBLERANGE: u32 = 5080;
/// The number of the array type of `bool`.
pub const BOOL_ARRAY: u32 = 1000;
/// The number of the array type of `bytea`.
pub const BYTEA_ARRAY: u32 = 1001;
/// The number of the array type of `char`.
pub const CHAR_ARRAY: u32 = 1002;
/// The number of the array type of `name`.
pub const NAME_ARRAY: u32 = 1003;
/// The number of the array type of `int2`.
pub const INT2_ARRAY: u32 = 1005;
/// The number of the array type of `int4`.
pub const INT4_ARRAY: u32 = 1007;
/// The number of the array type of `text`.
pub const TEXT_ARRAY: u32 = 1009;
/// The number of the array type of `oid`.
pub const OID_ARRAY: u32 = 1028;
/// The number of the array type of `varchar`.
pub const VARCHAR_ARRAY: u32 = 1015;
/// The number of the array type of `int8`.
pub const INT8_ARRAY: u32 = 1016;
/// The number of the array type of `float4`.
pub const FLOAT4_ARRAY: u32 = 1021;
/// The number of the array type of `float8`.
pub const FLOAT8_ARRAY: u32 = 1022;
/// The number of the array type of `aclitem`.
pub const ACLITEM_ARRAY: u32 = 1034;
/// The number of the array type of `regtype`.
pub const REGTYPE_ARRAY: u32 = 2211;
/// The number of the array type of `record`.
pub const RECORD_ARRAY: u32 = 2287;
/// The number of the array type of `timestamptz`.
pub const TIMESTAMPTZ_ARRAY: u32 = 1185;

const fn info(
    oid: u32,
    name: &'static str,
    array: u32,
    length: i16,
    category: char,
    preferred: bool,
    pseudo: bool,
) -> TypeInfo {
    TypeInfo { oid, name, array, length, category, preferred, pseudo }
}

/// Every built-in type but the array types and the row types of relations, by number.
#[rustfmt::skip]
static TYPES: &[TypeInfo] = &[
    info(16, "bool", 1000, 1, 'B', true, false),
    info(17, "bytea", 1001, -1, 'U', false, false),
    info(18, "char", 1002, 1, 'Z', false, false),
    info(19, "name", 1003, 64, 'S', false, false),
    info(20, "int8", 1016, 8, 'N', false, false),
    info(21, "int2", 1005, 2, 'N', false, false),
    info(22, "int2vector", 1006, -1, 'A', false, false),
    info(23, "int4", 1007, 4, 'N', false, false),
    info(24, "regproc", 1008, 4, 'N', false, false),
    info(25, "text", 1009, -1, 'S', true, false),
    info(26, "oid", 1028, 4, 'N', true, false),
    info(27, "tid", 1010, 6, 'U', false, false),
    info(28, "xid", 1011, 4, 'U', false, false),
    info(29, "cid", 1012, 4, 'U', false, false),
    info(30, "oidvector", 1013, -1, 'A', false, false),
    info(32, "pg_ddl_command", 0, 8, 'P', false, true),
    info(114, "json", 199, -1, 'U', false, false),
    info(142, "xml", 143, -1, 'U', false, false),
    info(194, "pg_node_tree", 0, -1, 'Z', false, false),
    info(269, "table_am_handler", 0, 4, 'P', false, true),
    info(325, "index_am_handler", 0, 4, 'P', false, true),
    info(600, "point", 1017, 16, 'G', false, false),
    info(601, "lseg", 1018, 32, 'G', false, false),
    info(602, "path", 1019, -1, 'G', false, false),
    info(603, "box", 1020, 32, 'G', false, false),
    info(604, "polygon", 1027, -1, 'G', false, false),
    info(628, "line", 629, 24, 'G', false, false),
    info(650, "cidr", 651, -1, 'I', false, false),
    info(700, "float4", 1021, 4, 'N', false, false),
    info(701, "float8", 1022, 8, 'N', true, false),
    info(705, "unknown", 0, -2, 'X', false, true),
    info(718, "circle", 719, 24, 'G', false, false),
    info(774, "macaddr8", 775, 8, 'U', false, false),
    info(790, "money", 791, 8, 'N', false, false),
    info(829, "macaddr", 1040, 6, 'U', false, false),
    info(869, "inet", 1041, -1, 'I', true, false),
    info(1033, "aclitem", 1034, 12, 'U', false, false),
    info(1042, "bpchar", 1014, -1, 'S', false, false),
    info(1043, "varchar", 1015, -1, 'S', false, false),
    info(1082, "date", 1182, 4, 'D', false, false),
    info(1083, "time", 1183, 8, 'D', false, false),
    info(1114, "timestamp", 1115, 8, 'D', false, false),
    info(1184, "timestamptz", 1185, 8, 'D', true, false),
    info(1186, "interval", 1187, 16, 'T', true, false),
    info(1266, "timetz", 1270, 12, 'D', false, false),
    info(1560, "bit", 1561, -1, 'V', false, false),
    info(1562, "varbit", 1563, -1, 'V', true, false),
    info(1700, "numeric", 1231, -1, 'N', false, false),
    info(1790, "refcursor", 2201, -1, 'U', false, false),
    info(2202, "regprocedure", 2207, 4, 'N', false, false),
    info(2203, "regoper", 2208, 4, 'N', false, false),
    info(2204, "regoperator", 2209, 4, 'N', false, false),
    info(2205, "regclass", 2210, 4, 'N', false, false),
    info(2206, "regtype", 2211, 4, 'N', false, false),
    info(2249, "record", 2287, -1, 'P', false, true),
    info(2275, "cstring", 1263, -2, 'P', false, true),
    info(2276, "any", 0, 4, 'P', false, true),
    info(2277, "anyarray", 0, -1, 'P', false, true),
    info(2278, "void", 0, 4, 'P', false, true),
    info(2279, "trigger", 0, 4, 'P', false, true),
    info(2280, "language_handler", 0, 4, 'P', false, true),
    info(2281, "internal", 0, 8, 'P', false, true),
    info(2283, "anyelement", 0, 4, 'P', false, true),
    info(2776, "anynonarray", 0, 4, 'P', false, true),
    info(2950, "uuid", 2951, 16, 'U', false, false),
    info(2970, "txid_snapshot", 2949, -1, 'U', false, false),
    info(3115, "fdw_handler", 0, 4, 'P', false, true),
    info(3220, "pg_lsn", 3221, 8, 'U', false, false),
    info(3310, "tsm_handler", 0, 4, 'P', false, true),
    info(3361, "pg_ndistinct", 0, -1, 'Z', false, false),
    info(3402, "pg_dependencies", 0, -1, 'Z', false, false),
    info(3500, "anyenum", 0, 4, 'P', false, true),
    info(3614, "tsvector", 3643, -1, 'U', false, false),
    info(3615, "tsquery", 3645, -1, 'U', false, false),
    info(3642, "gtsvector", 3644, -1, 'U', false, false),
    info(3734, "regconfig", 3735, 4, 'N', false, false),
    info(3769, "regdictionary", 3770, 4, 'N', false, false),
    info(3802, "jsonb", 3807, -1, 'U', false, false),
    info(3831, "anyrange", 0, -1, 'P', false, true),
    info(3838, "event_trigger", 0, 4, 'P', false, true),
    info(3904, "int4range", 3905, -1, 'R', false, false),
    info(3906, "numrange", 3907, -1, 'R', false, false),
    info(3908, "tsrange", 3909, -1, 'R', false, false),
    info(3910, "tstzrange", 3911, -1, 'R', false, false),
    info(3912, "daterange", 3913, -1, 'R', false, false),
    info(3926, "int8range", 3927, -1, 'R', false, false),
    info(4072, "jsonpath", 4073, -1, 'U', false, false),
    info(4089, "regnamespace", 4090, 4, 'N', false, false),
    info(4096, "regrole", 4097, 4, 'N', false, false),
    info(4191, "regcollation", 4192, 4, 'N', false, false),
    info(4451, "int4multirange", 6150, -1, 'R', false, false),
    info(4532, "nummultirange", 6151, -1, 'R', false, false),
    info(4533, "tsmultirange", 6152, -1, 'R', false, false),
    info(4534, "tstzmultirange", 6153, -1, 'R', false, false),
    info(4535, "datemultirange", 6155, -1, 'R', false, false),
    info(4536, "int8multirange", 6157, -1, 'R', false, false),
    info(4537, "anymultirange", 0, -1, 'P', false, true),
    info(4538, "anycompatiblemultirange", 0, -1, 'P', false, true),
    info(4600, "pg_brin_bloom_summary", 0, -1, 'Z', false, false),
    info(4601, "pg_brin_minmax_multi_summary", 0, -1, 'Z', false, false),
    info(5017, "pg_mcv_list", 0, -1, 'Z', false, false),
    info(5038, "pg_snapshot", 5039, -1, 'U', false, false),
    info(5069, "xid8", 271, 8, 'U', false, false),
    info(5077, "anycompatible", 0, 4, 'P', false, true),
    info(5078, "anycompatiblearray", 0, -1, 'P', false, true),
    info(5079, "anycompatiblenonarray", 0, 4, 'P', false, true),
    info(5080, "anycompatiblerange", 0, -1, 'P', false, true),
];

/// The type with this number, unless it is an array type or unknown here.
pub fn find(oid: u32) -> Option<&'static TypeInfo> {
    TYPES.binary_search_by_key(&oid, |t| t.oid).ok().and_then(|at| TYPES.get(at))
}

/// The type with this internal name; array types begin with an underscore.
pub fn by_name(name: &str) -> Option<u32> {
    if let Some(found) = TYPES.iter().find(|t| t.name == name) {
        return Some(found.oid);
    }
    let element = by_name(name.strip_prefix('_')?)?;
    array_of(element)
}

/// The array type of an element type.
pub fn array_of(element: u32) -> Option<u32> {
    find(element).map(|t| t.array).filter(|a| *a != 0)
}

/// The element type of an array type, of `int2vector` and of `oidvector`.
pub fn element_of(array: u32) -> Option<u32> {
    match array {
        INT2VECTOR => Some(INT2),
        OIDVECTOR => Some(OID),
        0 => None,
        _ => TYPES.iter().find(|t| t.array == array).map(|t| t.oid),
    }
}

/// Bytes of a value of a type as `pg_type.typlen` has it.
pub fn length(oid: u32) -> i16 {
    find(oid).map_or(-1, |t| t.length)
}

/// The category letter of a type.
pub fn category(oid: u32) -> char {
    match find(oid) {
        Some(t) => t.category,
        None if element_of(oid).is_some() => 'A',
        None => 'C',
    }
}

/// Whether a type is the preferred one of its category.
pub fn preferred(oid: u32) -> bool {
    find(oid).is_some_and(|t| t.preferred)
}

/// The internal name of a type, for arrays with the underscore.
pub fn internal_name(oid: u32) -> Option<String> {
    match find(oid) {
        Some(t) => Some(t.name.to_string()),
        None => element_of(oid).and_then(find).map(|e| format!("_{}", e.name)),
    }
}

/// The name of a type as `format_type` writes it, with what its modifier says.
pub fn display_name(oid: u32, typmod: Option<i32>) -> Option<String> {
    if oid != INT2VECTOR
        && oid != OIDVECTOR
        && let Some(element) = element_of(oid)
    {
        return display_name(element, typmod).map(|n| format!("{n}[]"));
    }
    let info = find(oid)?;
    let modifier = typmod.filter(|m| *m >= 0);
    let length = |name: &str| match modifier {
        Some(m) if m >= 4 => format!("{name}({})", m - 4),
        _ => name.to_string(),
    };
    let precision = |before: &str, after: &str| match modifier {
        Some(m) => format!("{before}({m}){after}"),
        None => format!("{before}{after}"),
    };
    Some(match oid {
        BIT => match modifier {
            Some(m) => format!("bit({m})"),
            None if typmod == Some(-1) => "\"bit\"".to_string(),
            None => "bit".to_string(),
        },
        BOOL => "boolean".to_string(),
        BPCHAR => match modifier {
            None if typmod == Some(-1) => "bpchar".to_string(),
            _ => length("character"),
        },
        CHAR => "\"char\"".to_string(),
        FLOAT4 => "real".to_string(),
        FLOAT8 => "double precision".to_string(),
        INT2 => "smallint".to_string(),
        INT4 => "integer".to_string(),
        INT8 => "bigint".to_string(),
        NUMERIC => match modifier {
            Some(m) if m >= 4 => {
                let m = m - 4;
                let scale = (((m & 0x7ff) ^ 1024) - 1024).to_string();
                format!("numeric({},{scale})", (m >> 16) & 0xffff)
            }
            _ => "numeric".to_string(),
        },
        INTERVAL => match modifier {
            Some(m) => format!("interval{}", interval_modifier(m)),
            None => "interval".to_string(),
        },
        TIME => precision("time", " without time zone"),
        TIMETZ => precision("time", " with time zone"),
        TIMESTAMP => precision("timestamp", " without time zone"),
        TIMESTAMPTZ => precision("timestamp", " with time zone"),
        VARBIT => precision("bit varying", ""),
        VARCHAR => length("character varying"),
        ANY => "\"any\"".to_string(),
        _ => info.name.to_string(),
    })
}

/// The fields and digits that an interval's modifier keeps.
fn interval_modifier(modifier: i32) -> String {
    let fields = match (modifier >> 16) & 0x7fff {
        0x4 => " year",
        0x2 => " month",
        0x8 => " day",
        0x400 => " hour",
        0x800 => " minute",
        0x1000 => " second",
        0x6 => " year to month",
        0x408 => " day to hour",
        0xc08 => " day to minute",
        0x1c08 => " day to second",
        0xc00 => " hour to minute",
        0x1c00 => " hour to second",
        0x1800 => " minute to second",
        _ => "",
    };
    match modifier & 0xffff {
        0xffff => fields.to_string(),
        digits => format!("{fields}({digits})"),
    }
}

/// The number of a type from the words that SQL has for it, in lower case.
pub fn by_sql_name(name: &str) -> Option<u32> {
    Some(match name {
        "boolean" => BOOL,
        "smallint" => INT2,
        "integer" | "int" => INT4,
        "bigint" => INT8,
        "real" => FLOAT4,
        "float" | "double precision" => FLOAT8,
        "decimal" | "dec" => NUMERIC,
        "character varying" | "char varying" => VARCHAR,
        "character" | "char" => BPCHAR,
        "bit varying" => VARBIT,
        "timestamp without time zone" => TIMESTAMP,
        "timestamp with time zone" => TIMESTAMPTZ,
        "time without time zone" => TIME,
        "time with time zone" => TIMETZ,
        _ => return by_name(name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ascend_and_arrays_lead_back() {
        assert!(TYPES.windows(2).all(|w| w[0].oid < w[1].oid));
        for t in TYPES.iter().filter(|t| t.array != 0) {
            assert_eq!(element_of(t.array), Some(t.oid));
        }
    }

    #[test]
    fn names_are_those_of_format_type() {
        assert_eq!(display_name(NUMERIC, Some(655_366)).as_deref(), Some("numeric(10,2)"));
        assert_eq!(display_name(VARCHAR_ARRAY, Some(14)).as_deref(), Some("character varying(10)[]"));
        assert_eq!(display_name(BPCHAR, Some(-1)).as_deref(), Some("bpchar"));
        assert_eq!(display_name(BPCHAR, None).as_deref(), Some("character"));
        assert_eq!(display_name(TIMESTAMPTZ, Some(3)).as_deref(), Some("timestamp(3) with time zone"));
        assert_eq!(display_name(INTERVAL, Some(0x1c08_0000 | 0xffff)).as_deref(), Some("interval day to second"));
        assert_eq!(by_name("_oid"), Some(OID_ARRAY));
    }
}
