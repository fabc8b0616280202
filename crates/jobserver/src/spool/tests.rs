use std::os::unix::fs::FileExt;

use pdl::ReadAt;

use super::cipher::{CHUNK_LEN, HEADER_LEN, SEALED_LEN};
use super::read::BLOCK_LEN;
use super::*;

struct World {
    _directory: tempfile::TempDir,
    spool: Arc<Spool>,
}

fn world() -> World {
    let directory = tempfile::tempdir().unwrap();
    let keys = Arc::new(Keys::load(&directory.path().join("keys")).unwrap());
    let spool = Arc::new(Spool::open(directory.path().join("spool"), keys).unwrap());
    World { _directory: directory, spool }
}

fn sample(len: usize) -> Vec<u8> {
    (0..len).map(|index| (index * 31 % 251) as u8 ^ (index >> 13) as u8).collect()
}

fn store(spool: &Arc<Spool>, data: &[u8], chunking: usize) -> DocumentId {
    let mut writer = spool.begin();
    for part in data.chunks(chunking) {
        if writer.push(part) {
            writer.write_out().unwrap();
        }
    }
    assert_eq!(writer.bytes(), data.len() as u64);
    let mut sealed = writer.finish();
    sealed.persist().unwrap();
    spool.flush_names(shard(sealed.id())).unwrap();
    let id = sealed.id();
    sealed.keep();
    id
}

fn load(spool: &Spool, id: DocumentId) -> Result<Vec<u8>, SpoolError> {
    let reader = spool.read(id)?;
    let (mut data, mut block) = (Vec::new(), Block::default());
    for number in 0.. {
        reader.block(number, &mut block)?;
        if block.bytes().is_empty() {
            break;
        }
        data.extend_from_slice(block.bytes());
    }
    Ok(data)
}

#[test]
fn a_document_reads_back_whatever_its_length_and_chunking() {
    let world = world();
    for len in [1, 2, CHUNK_LEN - 1, CHUNK_LEN, CHUNK_LEN + 1, BLOCK_LEN, BLOCK_LEN + 1, 3 * BLOCK_LEN - 7] {
        for chunking in [7_001, CHUNK_LEN, 256 * 1024] {
            let data = sample(len);
            let id = store(&world.spool, &data, chunking);
            assert!(load(&world.spool, id).unwrap() == data, "{len} by {chunking}");
            assert_eq!(world.spool.read(id).unwrap().plain_len(), len as u64);
        }
    }
}

#[test]
fn random_reads_see_the_same_bytes() {
    let world = world();
    let data = sample(2 * BLOCK_LEN + 99);
    let reader = world.spool.read(store(&world.spool, &data, 256 * 1024)).unwrap();
    let mut buffer = vec![0; 3 * CHUNK_LEN];
    for offset in
        [0, 1, CHUNK_LEN - 1, CHUNK_LEN, 5 * CHUNK_LEN + 17, data.len() - 1, data.len(), data.len() + 5]
    {
        let read = reader.read_full_at(offset as u64, &mut buffer).unwrap();
        let expected = data.get(offset..).unwrap_or_default();
        assert!(buffer[..read] == expected[..expected.len().min(buffer.len())], "{offset}");
    }
}

#[test]
fn nothing_on_disk_shows_the_document() {
    let world = world();
    let marker = b"THE-MARKER-NOBODY-MAY-READ";
    let id = store(&world.spool, &marker.repeat(40_000), 100_000);
    let file = std::fs::read(world.spool.path(id)).unwrap();
    assert!(!file.windows(marker.len()).any(|window| window == marker));
}

/// Flips one bit at many places: header, every chunk's data and tags.
#[test]
fn a_flipped_bit_is_noticed() {
    let world = world();
    let id = store(&world.spool, &sample(3 * CHUNK_LEN + 10), 256 * 1024);
    let path = world.spool.path(id);
    let good = std::fs::read(&path).unwrap();
    let places = (0..HEADER_LEN).chain((0..good.len()).step_by(4_099)).chain(good.len() - 20..good.len());
    for place in places {
        let mut bad = good.clone();
        bad[place] ^= 1 << (place % 8);
        std::fs::write(&path, &bad).unwrap();
        assert!(matches!(load(&world.spool, id), Err(SpoolError::Damaged(_))), "byte {place}");
    }
}

#[test]
fn a_cut_file_is_noticed_even_at_a_chunks_end() {
    let world = world();
    let id = store(&world.spool, &sample(2 * CHUNK_LEN + 5), 256 * 1024);
    let path = world.spool.path(id);
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let len = file.metadata().unwrap().len();
    let whole = (HEADER_LEN + 2 * SEALED_LEN) as u64;
    for cut in [len - 1, len - 5, whole, whole - 1, (HEADER_LEN + SEALED_LEN) as u64, HEADER_LEN as u64, 3, 0]
    {
        file.set_len(cut).unwrap();
        assert!(matches!(load(&world.spool, id), Err(SpoolError::Damaged(_))), "cut to {cut}");
    }
}

#[test]
fn a_file_cut_while_it_is_read_is_noticed() {
    let world = world();
    let id = store(&world.spool, &sample(2 * BLOCK_LEN), 256 * 1024);
    let reader = world.spool.read(id).unwrap();
    let mut block = Block::default();
    reader.block(0, &mut block).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(world.spool.path(id)).unwrap();
    file.set_len((HEADER_LEN + 9 * SEALED_LEN) as u64).unwrap();
    assert!(matches!(reader.block(1, &mut block), Err(SpoolError::Damaged(_))));
}

#[test]
fn swapped_files_and_swapped_chunks_are_noticed() {
    let world = world();
    let one = store(&world.spool, &sample(3 * CHUNK_LEN), 256 * 1024);
    let two = store(&world.spool, &sample(3 * CHUNK_LEN), 256 * 1024);
    let (one_path, two_path) = (world.spool.path(one), world.spool.path(two));
    let aside = one_path.with_extension("aside");
    std::fs::rename(&one_path, &aside).unwrap();
    std::fs::rename(&two_path, &one_path).unwrap();
    std::fs::rename(&aside, &two_path).unwrap();
    for id in [one, two] {
        assert!(matches!(load(&world.spool, id), Err(SpoolError::Damaged(_))));
    }
    let three = store(&world.spool, &sample(3 * CHUNK_LEN), 256 * 1024);
    let path = world.spool.path(three);
    let file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let (mut first, mut second) = (vec![0; SEALED_LEN], vec![0; SEALED_LEN]);
    file.read_exact_at(&mut first, HEADER_LEN as u64).unwrap();
    file.read_exact_at(&mut second, (HEADER_LEN + SEALED_LEN) as u64).unwrap();
    file.write_all_at(&second, HEADER_LEN as u64).unwrap();
    file.write_all_at(&first, (HEADER_LEN + SEALED_LEN) as u64).unwrap();
    assert!(matches!(load(&world.spool, three), Err(SpoolError::Damaged(_))));
}

#[test]
fn another_installations_keys_open_nothing() {
    let (here, there) = (world(), world());
    let id = store(&here.spool, &sample(10), 10);
    std::fs::create_dir_all(there.spool.path(id).parent().unwrap()).unwrap();
    std::fs::copy(here.spool.path(id), there.spool.path(id)).unwrap();
    assert!(matches!(load(&there.spool, id), Err(SpoolError::Damaged(_))));
}

#[test]
fn what_is_not_kept_leaves_nothing() {
    let world = world();
    let dropped_early = world.spool.begin();
    drop(dropped_early);
    let mut dropped_late = world.spool.begin();
    assert!(dropped_late.push(&sample(BLOCK_LEN)));
    dropped_late.write_out().unwrap();
    assert_eq!(world.spool.list().unwrap().documents.len(), 1);
    drop(dropped_late);
    let mut not_kept = world.spool.begin();
    assert!(!not_kept.push(b"short"));
    let mut not_kept = not_kept.finish();
    not_kept.persist().unwrap();
    let id = not_kept.id();
    assert!(world.spool.is_active(id));
    assert_eq!(world.spool.list().unwrap().documents, [id]);
    drop(not_kept);
    assert!(!world.spool.is_active(id));
    let listing = world.spool.list().unwrap();
    assert!(listing.documents.is_empty() && listing.strangers.is_empty());
    assert!(matches!(world.spool.read(id), Err(SpoolError::Missing)));
}

#[test]
fn a_directory_that_cannot_be_written_is_an_error_and_leaves_nothing() {
    let world = world();
    let mut writer = world.spool.begin();
    assert!(!writer.push(b"short"));
    // A file in the place of the shard's directory: nobody can create below it, not even root.
    let shard_path = world.spool.shard_path(shard(writer.id()));
    std::fs::write(&shard_path, b"").unwrap();
    assert!(matches!(writer.finish().persist(), Err(SpoolError::Disk { .. })));
}
