//! What users may do and how much of it, asked of the sessions themselves.

mod grants;
mod limits;

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use hyperslab::{Context, sample};
use hyperslab_server::ServerError;
use hyperslab_server::config::Rights;
use hyperslab_server::core::{Hub, HubOptions, Protocol, Session};

/// The sample dataset, written once.
fn ersst() -> PathBuf {
    static FOLDER: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = sample::write(folder.path()).unwrap();
        (folder, path)
    });
    FOLDER.1.clone()
}

/// A hub over `ersst`.
async fn hub() -> Arc<Hub> {
    let context = Context::builder().memory_limit(1 << 30).build().unwrap();
    context.register("ersst", ersst().to_str().unwrap()).await.unwrap();
    Hub::new(context, HubOptions::default())
}

fn session(hub: &Arc<Hub>, user: &str, rights: Rights) -> Arc<Session> {
    hub.connect(user, Arc::new(rights), Protocol::Postgres).unwrap()
}

/// Runs statements to their end; the rows of all.
async fn run(session: &Arc<Session>, sql: &str) -> Result<usize, ServerError> {
    let mut rows = 0;
    for statement in session.context().parse(sql)? {
        let watch = session.watch(sql, None);
        let result = session.plan(&watch, statement).await?;
        let mut run = session.run(watch, result);
        while let Some(batch) = run.next().await {
            rows += batch?.num_rows();
        }
    }
    Ok(rows)
}
