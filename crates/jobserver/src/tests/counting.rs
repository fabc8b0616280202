//! Documents that are counted after they were stored.

use rpc::proto::common::PageCount;
use rpc::proto::common::page_count::Status;

use super::*;

/// More memory than the reader of PostScript takes; Ghostscript has enough.
const LARGE: &[u8] = b"%!PS\n%%For: (eve)\n1 0 0 setrgbcolor 0 0 9 9 rectfill showpage\n\
    [ 3600 { 60000 string } repeat ] 0 setgray 0 0 9 9 rectfill showpage\n";

async fn counted(world: &mut World, data: &[u8]) -> PageCount {
    let job = world.held("ann", data).await;
    loop {
        let count = world.show(job).await.count.expect("every job has a count");
        if count.status() != Status::Pending {
            return count;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn pdl_1_postscript_the_reader_gives_up_is_decided_by_ghostscript_where_that_is_wanted() {
    let mut world = World::new().await;
    // A loaded machine is slow; what is measured here is not time.
    for key in ["counting.ghostscript-s", "counting.ghostscript-cpu-s"] {
        people::set(&mut world, key, "3600").await;
    }
    let count = counted(&mut world, LARGE).await;
    assert_eq!((count.status(), count.pages, count.color_pages), (Status::Ok, 2, 1), "{}", count.why);
    assert_eq!(count.user, "eve");

    people::set(&mut world, "counting.ghostscript", "no").await;
    let count = counted(&mut world, LARGE).await;
    assert_eq!(count.status(), Status::Undefined);
    assert!(count.why.contains("no Ghostscript"), "{}", count.why);

    people::set(&mut world, "counting.ghostscript", "yes").await;
    people::set(&mut world, "counting.ghostscript-cpu-s", "1").await;
    let endless = b"%!PS\nshowpage [ 3600 { 60000 string } repeat ] {} loop";
    let count = counted(&mut world, endless).await;
    assert_eq!(count.status(), Status::Undefined);
    assert!(count.why.contains("limit"), "{}", count.why);
}
