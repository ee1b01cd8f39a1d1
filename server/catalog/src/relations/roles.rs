//! Who may connect, and to what: roles and the one database.

use super::objects::OWNER;
use super::shape::{Reader, Shape};
use super::stored;
use crate::index::CatalogIndex;
use crate::relation::Row;
use crate::session::Session;
use crate::value::Value;

/// What shows instead of a password, which nobody sees.
const PASSWORD: &str = "********";
/// Number of the encoding UTF8.
const UTF8: i32 = 6;
/// Number of the tablespace `pg_default`.
const PG_DEFAULT: i32 = 1663;

/// `pg_authid`: the roles of the catalog and those that every PostgreSQL has.
pub(super) fn authorities(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let mut rows = Vec::new();
    for (role, oid) in index.catalog().roles.iter().zip(&index.numbers().roles) {
        rows.push(authority(shape, *oid, &role.name, role.superuser, role.login));
    }
    if rows.is_empty() {
        rows.push(authority(shape, OWNER, "hyperslab", false, false));
    }
    rows.extend(stored::rows("pg_authid").iter().cloned());
    rows
}

fn authority(shape: &Shape, oid: u32, name: &str, superuser: bool, login: bool) -> Row {
    shape.row([
        ("oid", oid.into()),
        ("rolname", name.into()),
        ("rolsuper", superuser.into()),
        ("rolinherit", true.into()),
        ("rolcreaterole", superuser.into()),
        ("rolcreatedb", superuser.into()),
        ("rolcanlogin", login.into()),
        ("rolreplication", superuser.into()),
        ("rolbypassrls", superuser.into()),
        ("rolconnlimit", (-1).into()),
    ])
}

/// `pg_roles`: with the user of the session, whom a server that trusts everybody need not know.
pub(super) fn roles(index: &CatalogIndex, session: &Session, shape: &Shape) -> Vec<Row> {
    let known = Reader::new(index, "pg_authid");
    let mut rows = Vec::new();
    for role in known.iter() {
        rows.push(shape.row([
            ("oid", role.value("oid")),
            ("rolname", role.value("rolname")),
            ("rolsuper", role.value("rolsuper")),
            ("rolinherit", role.value("rolinherit")),
            ("rolcreaterole", role.value("rolcreaterole")),
            ("rolcreatedb", role.value("rolcreatedb")),
            ("rolcanlogin", role.value("rolcanlogin")),
            ("rolreplication", role.value("rolreplication")),
            ("rolconnlimit", role.value("rolconnlimit")),
            ("rolpassword", PASSWORD.into()),
            ("rolbypassrls", role.value("rolbypassrls")),
        ]));
    }
    if known.iter().all(|role| role.text("rolname") != session.user) {
        rows.push(shape.row([
            ("oid", guest(index).into()),
            ("rolname", session.user.as_str().into()),
            ("rolsuper", false.into()),
            ("rolinherit", true.into()),
            ("rolcreaterole", false.into()),
            ("rolcreatedb", false.into()),
            ("rolcanlogin", true.into()),
            ("rolreplication", false.into()),
            ("rolconnlimit", (-1).into()),
            ("rolpassword", PASSWORD.into()),
            ("rolbypassrls", false.into()),
        ]));
    }
    rows
}

/// The number of a user that the catalog does not know: one that no role has.
pub(super) fn guest(index: &CatalogIndex) -> u32 {
    let mut number = 16383;
    while index.numbers().roles.contains(&number) {
        number -= 1;
    }
    number
}

/// `pg_shadow`: the roles that can connect.
pub(super) fn shadows(index: &CatalogIndex, session: &Session, shape: &Shape) -> Vec<Row> {
    connecting(index, session, shape, &Value::Null)
}

/// `pg_user`: the same for everybody.
pub(super) fn users(index: &CatalogIndex, session: &Session, shape: &Shape) -> Vec<Row> {
    connecting(index, session, shape, &PASSWORD.into())
}

fn connecting(index: &CatalogIndex, session: &Session, shape: &Shape, password: &Value) -> Vec<Row> {
    let roles = Reader::of(index, session, "pg_roles");
    let can = roles.iter().filter(|role| role.is("rolcanlogin"));
    can.map(|role| {
        shape.row([
            ("usename", role.value("rolname")),
            ("usesysid", role.value("oid")),
            ("usecreatedb", role.value("rolcreatedb")),
            ("usesuper", role.value("rolsuper")),
            ("userepl", role.value("rolreplication")),
            ("usebypassrls", role.value("rolbypassrls")),
            ("passwd", password.clone()),
        ])
    })
    .collect()
}

/// `pg_group`: the roles that cannot connect.
pub(super) fn groups(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    let roles = Reader::new(index, "pg_authid");
    let members = Reader::new(index, "pg_auth_members");
    let cannot = roles.iter().filter(|role| !role.is("rolcanlogin"));
    cannot
        .map(|role| {
            let own = members.iter().filter(|m| m.oid("roleid") == role.oid("oid"));
            shape.row([
                ("groname", role.value("rolname")),
                ("grosysid", role.value("oid")),
                ("grolist", Value::array(own.map(|m| m.value("member")).collect())),
            ])
        })
        .collect()
}

/// `pg_database`: the one there is.
pub(super) fn databases(index: &CatalogIndex, shape: &Shape) -> Vec<Row> {
    vec![shape.row([
        ("oid", index.numbers().database.into()),
        ("datname", index.catalog().database.as_str().into()),
        ("datdba", OWNER.into()),
        ("encoding", UTF8.into()),
        ("datlocprovider", "c".into()),
        ("datistemplate", false.into()),
        ("datallowconn", true.into()),
        ("datconnlimit", (-1).into()),
        ("datfrozenxid", 0.into()),
        ("datminmxid", 0.into()),
        ("dattablespace", PG_DEFAULT.into()),
        ("datcollate", "C".into()),
        ("datctype", "C".into()),
    ])]
}
