use crate::bench::Bench;

async fn get(bench: &Bench, path: &str) -> (u16, Vec<u8>) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: printers.example:631\r\nConnection: close\r\n\r\n");
    let (status, body) = bench.http(request.as_bytes()).await;
    (status, body.to_vec())
}

#[tokio::test]
async fn a_browser_is_told_how_to_add_a_queue() {
    let bench = Bench::new().await;
    let (status, page) = get(&bench, "/").await;
    assert_eq!(status, 200);
    assert!(String::from_utf8(page).unwrap().contains("<a href=\"/ipp/print/pull\">"));
    let (status, page) = get(&bench, "/ipp/print/pull").await;
    let page = String::from_utf8(page).unwrap();
    assert_eq!(status, 200);
    assert!(page.contains("ipp://printers.example:631/ipp/print/pull"), "{page}");
    let (status, page) = get(&bench, "/ipp/print/%3Cscript%3E").await;
    assert_eq!(status, 404);
    assert!(!String::from_utf8(page).unwrap().contains("<script"));
    let (status, icon) = get(&bench, "/icon-128.png").await;
    assert_eq!(status, 200);
    assert!(icon.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert_eq!(icon[16..24], [0, 0, 0, 128, 0, 0, 0, 128]);
    let (status, _) = bench.http(b"DELETE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert_eq!(status, 405);
}
