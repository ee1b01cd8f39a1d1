//! One store a location: local folders, memory, options, and what is kept between openings.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use object_store::{ObjectStoreExt, PutPayload};

use super::*;

async fn stores_error(text: &str, options: &OpenOptions) -> String {
    let location = Location::parse(text).unwrap();
    Stores::default().rooted(&location, options).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_path_that_does_not_exist_is_called_that() {
    let none = OpenOptions::new();
    assert_eq!(stores_error("/no/such/x.zarr", &none).await, "location `/no/such/x.zarr` does not exist");
    assert_eq!(stores_error("no/such/x.zarr.zip", &none).await, "location `no/such/x.zarr.zip` does not exist");
    assert_eq!(stores_error("file:///no/x.zarr", &none).await, "location `file:///no/x.zarr` does not exist");
}

#[tokio::test]
async fn a_local_file_is_the_object_of_the_empty_path() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["x.nc", "y z%20#?.nc"] {
        let path = directory.path().join(name);
        std::fs::write(&path, b"CDF").unwrap();
        let location = Location::parse(path.to_str().unwrap()).unwrap();
        let rooted = Stores::default().rooted(&location, &OpenOptions::new()).await.unwrap();
        assert_eq!(rooted.found, Found::File);
        assert_eq!(rooted.store.get_range(&Path::default(), 1..3).await.unwrap(), "DF");
        assert!(rooted.store.get(&Path::from("zarr.json")).await.is_err());
    }
}

#[tokio::test]
async fn a_local_directory_is_the_root_whatever_it_is_called() {
    let parent = tempfile::tempdir().unwrap();
    for name in ["x.zarr", "y z%20#?.zarr", "looks.zip", "é.zarr"] {
        let directory = parent.path().join(name);
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(directory.join("zarr.json"), b"{}").unwrap();
        let location = Location::parse(directory.to_str().unwrap()).unwrap();
        let store = Stores::default().rooted(&location, &OpenOptions::new()).await.unwrap().store;
        assert_eq!(store.get(&Path::from("zarr.json")).await.unwrap().bytes().await.unwrap(), "{}", "{name}");
        assert!(store.get(&Path::from("zarr.json/x")).await.is_err());
    }
}

#[tokio::test]
async fn an_injected_store_answers_what_is_below_its_prefix() {
    let memory: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    memory.put(&Path::from("a/b.zarr/zarr.json"), PutPayload::from_static(b"outer")).await.unwrap();
    let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    inner.put(&Path::from("zarr.json"), PutPayload::from_static(b"inner")).await.unwrap();
    let mut stores = Stores::default();
    stores.inject("synthetic://", memory);
    stores.inject("synthetic://x/arco.zarr/", inner);
    for (text, expected) in
        [("synthetic://a/b.zarr", "outer"), ("synthetic://x/arco.zarr", "inner"), ("synthetic://x/arco.zarr/", "inner")]
    {
        let store = stores.rooted(&Location::parse(text).unwrap(), &OpenOptions::new()).await.unwrap().store;
        assert_eq!(store.get(&Path::from("zarr.json")).await.unwrap().bytes().await.unwrap(), expected);
    }
    // A prefix ends at a slash.
    let other = Location::parse("synthetic://x/arco.zarr2").unwrap();
    let other = stores.rooted(&other, &OpenOptions::new()).await.unwrap().store;
    assert!(other.get(&Path::from("zarr.json")).await.is_err());
}

#[tokio::test]
async fn an_unknown_scheme_lists_the_known_ones() {
    let error = stores_error("htp://host/x.zarr", &OpenOptions::new()).await;
    assert!(error.contains("no store for `htp://`") && error.contains("did you mean `http`?"), "{error}");
}

#[tokio::test]
async fn memory_is_shared_by_the_datasets_of_one_registry() {
    let stores = Stores::default();
    let (a, b) = (Location::parse("memory://x/a").unwrap(), Location::parse("memory://x").unwrap());
    let none = OpenOptions::new();
    let store = stores.rooted(&a, &none).await.unwrap().store;
    store.put(&Path::from("zarr.json"), PutPayload::from_static(b"{}")).await.unwrap();
    let store = stores.rooted(&b, &none).await.unwrap().store;
    assert!(store.get(&Path::from("a/zarr.json")).await.is_ok());
}

#[tokio::test]
async fn connections_are_shared_by_bucket_and_options() {
    let stores = Stores::default();
    let anonymous = OpenOptions::new().with("anonymous", "true").unwrap();
    for (text, options) in [
        ("s3://bucket/a.zarr", &anonymous),
        ("s3://bucket/b.zarr", &anonymous),
        ("s3://bucket/b.zarr", &OpenOptions::new()),
        ("https://host/a.zarr", &anonymous),
        ("https://host/b.zarr?sig=1", &anonymous),
        ("gs://bucket/a.zarr", &anonymous),
    ] {
        stores.rooted(&Location::parse(text).unwrap(), options).await.unwrap();
    }
    assert_eq!(stores.open.lock().unwrap().len(), 5);
}

#[tokio::test]
async fn a_client_that_cannot_be_set_up_does_not_tell_secrets() {
    let options =
        OpenOptions::try_from_pairs([("azure.account_name", "accountname"), ("azure.access_key", "SECRET not base64")])
            .unwrap();
    let error = stores_error("az://container/x.zarr", &options).await;
    assert!(error.contains("cannot be set up") && !error.contains("SECRET"), "{error}");
    let options = OpenOptions::new().with("http.header.x", "SECRET\n").unwrap();
    let error = stores_error("http://host/x.zarr", &options).await;
    assert!(error.contains("header") && !error.contains("SECRET"), "{error}");
}
