//! A service that answers SQL over TCP: a statement a line, the rows as JSON lines, and an empty line behind them.
//!
//! `cargo run --example service -- ersst=data/ersst.zarr`, and then `nc 127.0.0.1 7878`.

use hyperslab::datafusion::{arrow::json::LineDelimitedWriter, error::Result};
use hyperslab::{Context, error::one_line};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

async fn answer(context: &Context, sql: &str) -> Result<Vec<u8>> {
    let batches = context.sql(sql).await?.collect().await?;
    let mut json = LineDelimitedWriter::new(Vec::new());
    json.write_batches(&batches.iter().collect::<Vec<_>>())?;
    json.finish()?;
    Ok(json.into_inner())
}

async fn talk(context: Context, stream: TcpStream) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    while let Some(sql) = lines.next_line().await? {
        let answer = answer(&context, &sql).await;
        writer.write_all(&answer.unwrap_or_else(|e| format!("error: {}\n", one_line(&e)).into_bytes())).await?;
        writer.write_all(b"\n").await?;
    }
    Ok(())
}

/// Answers everybody who calls, each in a task of their own.
pub async fn serve(context: Context, listener: TcpListener) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(talk(context.clone(), stream));
    }
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let context = Context::builder().build()?;
    for argument in std::env::args().skip(1) {
        let (name, location) = argument.split_once('=').ok_or("expected NAME=LOCATION")?;
        context.register(name, location).await?;
    }
    Ok(serve(context, TcpListener::bind("127.0.0.1:7878").await?).await?)
}
