//! Rewritten documents read back: they say what was wished, and nothing else changed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pdl::report::{Duplex, Status};
use pdl::rewrite::{Means, Rewriter, Rewritten, Unapplied, Wish, Wishes, can_apply};
use pdl::{Copies, Helpers, Language, Options, Report, Sides};

const ANY: Means = Means { pjl: true };
const BARE: Means = Means { pjl: false };

fn rewrite(data: &[u8], wishes: Wishes, means: Means) -> (Vec<u8>, Rewritten) {
    let mut rewriter = Rewriter::new(wishes, means);
    let mut out = Vec::new();
    for chunk in data.chunks(777) {
        rewriter.push(chunk, &mut out);
    }
    let told = rewriter.finish(&mut out);
    assert_eq!(told.changed, out != data, "what it says of itself");
    (out, told)
}

fn inspect(data: &[u8]) -> Report {
    pdl::inspect::inspect_with(&data, Options::default(), &Helpers::none(), &mut |_| {})
}

fn sides(sides: Sides) -> Wishes {
    Wishes { sides: Some(sides), ..Wishes::default() }
}

/// The committed fixtures, and a larger corpus when there is one.
fn fixtures() -> Vec<(String, Vec<u8>)> {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/streams");
    let larger = std::env::var_os("PAPERGATE_CORPUS").map(PathBuf::from);
    let mut files: Vec<PathBuf> = [Some(committed), larger]
        .into_iter()
        .flatten()
        .flat_map(|dir| std::fs::read_dir(dir).expect("a directory of fixtures").flatten())
        .map(|entry| entry.path())
        .filter(|path| {
            path.is_file() && path.extension().is_none_or(|end| end != "json" && end != "md" && end != "py")
        })
        .collect();
    files.sort();
    let named = |path: PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (name, std::fs::read(&path).expect("a readable fixture"))
    };
    files.into_iter().map(named).collect()
}

#[test]
fn every_fixture_says_what_was_wished() {
    for (name, data) in fixtures() {
        let before = inspect(&data);
        // Two bytes that print a page of fonts leave no room for settings.
        if before.status != Status::Ok || before.pages.0 == 0 || data.len() < 4 {
            continue;
        }
        for means in [ANY, BARE] {
            for wish in [Sides::OneSided, Sides::LongEdge, Sides::ShortEdge] {
                let wishes = sides(wish).unmet(&before);
                let (out, told) = rewrite(&data, wishes, means);
                if wishes.is_empty() {
                    assert_eq!(out, data, "{name} was so already");
                    continue;
                }
                let after = inspect(&out);
                assert_eq!(after.pages, before.pages, "{name} {wish:?} {means:?}");
                assert_eq!(after.color_pages, before.color_pages, "{name} {wish:?}");
                assert_eq!(after.copies, before.copies, "{name} {wish:?} {means:?}");
                assert_eq!(after.languages, before.languages, "{name} {wish:?}");
                if told.unapplied.is_empty() {
                    assert_eq!(after.duplex, Duplex::from(wish), "{name} {wish:?} {means:?}");
                }
                if can_apply(Wish::Sides, &before.languages, means) && !name.contains("xpif") {
                    assert_eq!(told.unapplied, [], "{name} {wish:?} {means:?}");
                }
            }
            let wishes = Wishes { mono: true, copies: Some(Copies(3)), ..Wishes::default() }.unmet(&before);
            let (out, told) = rewrite(&data, wishes, means);
            let after = inspect(&out);
            let failed = |wish| told.unapplied.iter().any(|unapplied| unapplied.wish == wish);
            if !failed(Wish::Mono) {
                assert_eq!(after.color_pages.0, 0, "{name} {means:?}");
            }
            if !failed(Wish::Copies) {
                assert_eq!(after.copies, Some(Copies(3)), "{name} {means:?}");
            }
            assert_eq!(after.duplex, before.duplex, "{name} {means:?}");
        }
    }
}

#[test]
fn pjl_is_corrected_and_completed() {
    let job = b"\x1b%-12345X@PJL JOB NAME=\"x\"\r\n@PJL SET DUPLEX = ON\r\n@PJL SET BINDING=LONGEDGE\r\n\
                @PJL SET QTY=5\r\n@PJL SET RENDERMODE=COLOR\r\n@PJL ENTER LANGUAGE=PCL\r\n\x1bE\x1b&l1s2x0Ox\x0c\x1bE\
                \x1b%-12345X@PJL EOJ\r\n\x1b%-12345X";
    let wishes =
        Wishes { sides: Some(Sides::ShortEdge), copies: Some(Copies(2)), mono: true, toner_save: true };
    let (out, told) = rewrite(job, wishes, BARE);
    assert_eq!(told.unapplied, []);
    let expected = b"\x1b%-12345X@PJL JOB NAME=\"x\"\r\n@PJL SET DUPLEX = ON\r\n@PJL SET BINDING=SHORTEDGE\r\n\
                @PJL SET QTY=1\r\n@PJL SET RENDERMODE=GRAYSCALE\r\n@PJL SET COPIES=2\r\n@PJL SET ECONOMODE=ON\r\n\
                @PJL ENTER LANGUAGE=PCL\r\n\x1bE\x1b&l2s2x0Ox\x0c\x1bE\x1b%-12345X@PJL EOJ\r\n\x1b%-12345X";
    assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(expected));
}

#[test]
fn raster_that_looks_like_commands_is_data() {
    let job = b"\x1bE\x1b*r1A\x1b*b5W\x1b&l1S\x1b*rC\x1b&l1S\x0c\x1bE";
    let (out, _) = rewrite(job, sides(Sides::OneSided), BARE);
    assert_eq!(out, b"\x1bE\x1b&l0S\x1b*r1A\x1b*b5W\x1b&l1S\x1b*rC\x1b&l0S\x0c\x1bE");
}

#[test]
fn each_job_of_a_stream_has_its_own_header() {
    let job = b"\x1b%-12345X@PJL SET DUPLEX=ON\r\n@PJL ENTER LANGUAGE=PCL\r\nx\x0c\
                \x1b%-12345X@PJL ENTER LANGUAGE=PCL\r\ny\x0c\x1b%-12345X\x1bEz\x0c\x1b%-12345X";
    let (out, told) = rewrite(job, sides(Sides::OneSided), ANY);
    assert_eq!(told.unapplied, []);
    let report = inspect(&out);
    assert_eq!((report.pages.0, report.duplex, report.jobs.len()), (3, Duplex::Simplex, 3));
    assert_eq!(String::from_utf8_lossy(&out).matches("DUPLEX=OFF").count(), 3);
}

#[test]
fn postscript_jobs_behind_an_end_of_file_mark() {
    let job = b"%!PS\n/setpagedevice where {pop << /Duplex true >> setpagedevice} if showpage\n\x04%!PS\nshowpage\n\x04";
    let (out, told) = rewrite(job, sides(Sides::ShortEdge), BARE);
    assert_eq!(told.unapplied, []);
    assert_eq!(inspect(&out).duplex, Duplex::ShortEdge);
    assert_eq!(String::from_utf8_lossy(&out).matches("%%BeginResource").count(), 2);
}

#[test]
fn what_cannot_be_said_is_told() {
    let (out, told) = rewrite(b"UNIRAST\0\0\0\0\x01rest", sides(Sides::LongEdge), ANY);
    assert_eq!(out, b"UNIRAST\0\0\0\0\x01rest");
    assert_eq!(told.unapplied, [Unapplied { wish: Wish::Sides, language: Language::Urf }]);
    assert!(!can_apply(Wish::Sides, &[Language::Urf], ANY));
    assert!(!can_apply(Wish::Mono, &[Language::PclXl], BARE));
    assert!(can_apply(Wish::Mono, &[Language::PclXl], ANY));
}

/// PostScript with every kind of colour, for the prolog that turns it gray.
const COLOURS: &str = "%!PS-Adobe-3.0\n%%EndComments\n
/sq { newpath 0 0 moveto 40 0 rlineto 0 40 rlineto -40 0 rlineto closepath } def
/next { 50 0 translate } def
20 20 translate
1 0 0 setrgbcolor sq fill next
.3 1 .5 sethsbcolor sq fill next
0 1 0 0 setcmykcolor sq fill next
/DeviceRGB setcolorspace 0 0 1 setcolor sq fill next
[/DeviceCMYK] setcolorspace 1 0 0 0 setcolor sq fill next
[/Separation /Orange /DeviceCMYK {dup .5 mul exch 0 3 1 roll 0}] setcolorspace 1 setcolor sq fill next
[/DeviceN [/A /B] /DeviceRGB {0}] setcolorspace .2 .9 setcolor sq fill next
-350 60 translate
[/Indexed /DeviceRGB 2 <ff000000ff000000ff>] setcolorspace 1 setcolor sq fill next
[/Indexed [/Separation /Spot /DeviceRGB {dup 1 exch sub 1 exch}] 1 <00ff>] setcolorspace 1 setcolor sq fill next
[/CIEBasedABC << /WhitePoint [.9505 1 1.089] /MatrixLMN [.4124 .2126 .0193 .3576 .7152 .1192 .1805 .0722 .9505] >>]
setcolorspace 1 .1 .1 setcolor sq fill next
gsave 40 40 scale 2 1 8 [2 0 0 1 0 0] {<ff000000ff00>} false 3 colorimage grestore next
gsave 40 40 scale /DeviceRGB setcolorspace
<< /ImageType 1 /Width 2 /Height 1 /BitsPerComponent 8 /Decode [0 1 0 1 0 1] /ImageMatrix [2 0 0 1 0 0]
/DataSource {<00ff00ff0000>} >> image grestore next
gsave 1 0 0 setrgbcolor 40 40 scale
<< /ImageType 1 /Width 2 /Height 1 /BitsPerComponent 8 /Decode [0 1 0 1 0 1] /ImageMatrix [2 0 0 1 0 0]
/DataSource {<00ff00ff0000>} >> image grestore next
-300 60 translate
gsave sq clip << /ShadingType 2 /ColorSpace /DeviceRGB /Coords [0 0 40 0]
/Function << /FunctionType 2 /Domain [0 1] /C0 [1 0 0] /C1 [0 0 1] /N 1 >> >> shfill grestore next
<< /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 10 10] /XStep 10 /YStep 10
/PaintProc {pop 0 .7 0 setrgbcolor 0 0 5 5 rectfill} >> matrix makepattern setpattern sq fill next
[/Pattern /DeviceRGB] setcolorspace 1 0 .5
<< /PatternType 1 /PaintType 2 /TilingType 1 /BBox [0 0 10 10] /XStep 10 /YStep 10
/PaintProc {pop 0 0 5 5 rectfill} >> matrix makepattern setcolor sq fill next
<< /PatternType 2 /Shading << /ShadingType 2 /ColorSpace /DeviceCMYK /Coords [0 0 400 0]
/Function << /FunctionType 2 /Domain [0 1] /C0 [1 0 0 0] /C1 [0 1 0 0] /N 1 >> >> >> matrix makepattern setpattern
sq fill next
true setglobal /DeviceRGB setcolorspace 1 .5 0 setcolor sq fill false setglobal
showpage\n";

#[test]
fn every_kind_of_colour_becomes_gray() {
    let before = inspect(COLOURS.as_bytes());
    assert_eq!((&before.status, before.pages.0, before.color_pages.0), (&Status::Ok, 1, 1));
    let (out, _) = rewrite(COLOURS.as_bytes(), Wishes { mono: true, ..Wishes::default() }, BARE);
    let after = inspect(&out);
    assert_eq!((&after.status, after.pages.0, after.color_pages.0), (&Status::Ok, 1, 0));
}

/// Renders with Ghostscript; nothing where it is not installed.
fn rendered(data: &[u8], device: &str) -> Option<Vec<u8>> {
    let dir = std::env::temp_dir().join(format!(
        "papergate-rewriting-{}-{device}-{}",
        std::process::id(),
        data.len()
    ));
    std::fs::create_dir_all(&dir).expect("a directory");
    let (input, output) = (dir.join("in.ps"), dir.join("out"));
    std::fs::write(&input, data).expect("the input");
    let status = Command::new("gs")
        .args(["-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-r36", "-sPAPERSIZE=a4"])
        .arg(format!("-sDEVICE={device}"))
        .arg(format!("-sOutputFile={}", output.display()))
        .arg(&input)
        .stdin(Stdio::null())
        .output();
    let rendered = status.ok().map(|run| {
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
        std::fs::read(&output).expect("its output")
    });
    std::fs::remove_dir_all(&dir).expect("removed");
    rendered
}

/// The pixels of raw PPM pages, without their headers.
fn pixels(ppm: &[u8]) -> Vec<[u8; 3]> {
    let mut pixels = Vec::new();
    let mut rest = ppm;
    while let Some(body) = rest.strip_prefix(b"P6\n") {
        let mut lines = body.splitn(4, |byte| *byte == b'\n');
        let mut header = Vec::new();
        let mut last: &[u8] = &[];
        for line in lines.by_ref() {
            if line.first().is_some_and(|byte| *byte == b'#') && header.is_empty() {
                continue;
            }
            header.extend_from_slice(line);
            header.push(b' ');
            last = line;
            if header.iter().filter(|byte| **byte == b' ').count() >= 3 {
                break;
            }
        }
        let numbers: Vec<usize> = String::from_utf8_lossy(&header)
            .split_ascii_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        let start = last.as_ptr().addr() - rest.as_ptr().addr() + last.len() + 1;
        let size = numbers[0] * numbers[1] * 3;
        pixels.extend(rest[start..start + size].chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]));
        rest = &rest[start + size..];
    }
    pixels
}

/// Ghostscript draws the same pages; after force-mono, in gray of the same brightness.
#[test]
fn ghostscript_draws_the_same() {
    let mut documents = vec![("colours".to_owned(), COLOURS.as_bytes().to_vec())];
    documents.extend(fixtures().into_iter().filter(|(name, _)| name.ends_with(".ps")));
    for (name, data) in documents {
        if inspect(&data).status != Status::Ok {
            continue;
        }
        let Some(before) = rendered(&data, "ppmraw") else { return };
        let (duplex, _) = rewrite(&data, sides(Sides::LongEdge), BARE);
        assert_eq!(rendered(&duplex, "ppmraw").expect("as before"), before, "{name}");
        let (gray, _) = rewrite(&data, Wishes { mono: true, ..Wishes::default() }, BARE);
        let after = pixels(&rendered(&gray, "ppmraw").expect("as before"));
        let before = pixels(&before);
        assert_eq!(after.len(), before.len(), "{name}");
        let mut other = 0;
        for (was, is) in before.iter().zip(&after) {
            let [red, green, blue] = is.map(i32::from);
            assert!((red - green).abs() <= 1 && (green - blue).abs() <= 1, "{name}: {is:?} for {was:?}");
            let brightness = f64::from(was[0]) * 0.3 + f64::from(was[1]) * 0.59 + f64::from(was[2]) * 0.11;
            // Conversions of inks and CIE colours round differently.
            other += usize::from((brightness - f64::from(is[1])).abs() > 60.0);
        }
        // At edges of scaled pictures the neighbour's sample may be taken.
        assert!(
            other * 50 <= before.len(),
            "{name}: {other} of {} pixels have another brightness",
            before.len()
        );
    }
}

#[test]
fn pdl_3_less_toner_is_asked_for_once_and_changes_nothing_else() {
    let wishes = Wishes { toner_save: true, ..Wishes::default() };
    let mut asked = 0;
    for (name, data) in fixtures() {
        let before = inspect(&data);
        if before.status != Status::Ok || before.pages.0 == 0 || data.len() < 4 {
            continue;
        }
        let (out, told) = rewrite(&data, wishes, ANY);
        let after = inspect(&out);
        let facts = |report: &Report| {
            let Report { pages, color_pages, sheets, copies, duplex, .. } = report.clone();
            (pages, color_pages, sheets, copies, duplex, report.user.clone(), report.driver.clone())
        };
        assert_eq!(facts(&after), facts(&before), "{name}");
        assert_eq!(after.languages, before.languages, "{name}");
        if told.unapplied.is_empty() {
            asked += 1;
            let said = out.windows(17).filter(|window| window == b"SET ECONOMODE=ON\r").count();
            assert!(said >= 1, "{name}");
            // Asked again, it is so already.
            assert_eq!(rewrite(&out, wishes, ANY).0, out, "{name}");
        } else {
            assert!(!can_apply(Wish::TonerSave, &before.languages, ANY) || name.contains("xpif"), "{name}");
        }
    }
    assert!(asked > 20, "{asked}");
    let off = b"\x1b%-12345X@PJL SET ECONOMODE=OFF\r\n@PJL ENTER LANGUAGE=PCL\r\n\x1bEx\x0c\x1bE\x1b%-12345X";
    let (out, told) = rewrite(off, wishes, BARE);
    assert_eq!(told.unapplied, []);
    assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(off).replace("=OFF", "=ON"));
}
