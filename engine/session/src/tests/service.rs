//! The example service, asked over a socket.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

// Its `main` is not run here.
#[allow(dead_code)]
#[path = "../../examples/service.rs"]
mod example;

#[tokio::test]
async fn the_example_service_answers_sql_with_json_lines() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(example::serve(super::context().await, listener));
    let mut client = TcpStream::connect(address).await.unwrap();
    client
        .write_all(
            b"SELECT lat, count(sst) AS n FROM ersst WHERE lat >= 0 GROUP BY lat ORDER BY lat\nSELECT x FROM ersst\n",
        )
        .await
        .unwrap();
    client.shutdown().await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    let lines: Vec<&str> = answer.lines().collect();
    assert_eq!(lines[..3], [r#"{"lat":0.0,"n":4}"#, r#"{"lat":10.0,"n":4}"#, ""]);
    assert!(lines[3].starts_with("error: no column `x`"), "{answer}");
    server.abort();
}
