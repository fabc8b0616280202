//! The real Ghostscript on documents that behave and on documents that do not, and what a report says without it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use interpreter::{Ghostscript, Limits};
use pdl::{
    Ending, Helpers, Interpretation, InterpretedPage, PostScriptInterpreter, ReadAt, Report, Status, inspect,
};

/// Small enough for a test to reach them, large enough for a loaded machine to run an honest page.
fn limits() -> Limits {
    Limits { wall: Duration::from_secs(60), cpu_s: 3, memory_bytes: 500 << 20, output_bytes: 64 << 20 }
}

fn ghostscript(limits: Limits) -> Ghostscript {
    Ghostscript::find(limits).expect("scripts/setup.sh test installs Ghostscript and util-linux")
}

fn run(limits: Limits, program: &str) -> Interpretation {
    ghostscript(limits).interpret(&program.as_bytes().to_vec())
}

fn cut(interpretation: &Interpretation) -> &str {
    match &interpretation.ending {
        Ending::Cut(why) => why,
        other => panic!("it was not cut but {other:?}"),
    }
}

#[test]
fn pages_colours_copies_and_sizes_are_seen() {
    let program = "%!PS\n(a line on the way) =\n\
        0.4 setgray 0 0 100 100 rectfill showpage\n\
        << /NumCopies 3 /PageSize [595 842] >> setpagedevice 0 0 1 setrgbcolor 9 9 1 1 rectfill showpage\n\
        0 0 0 0.5 setcmykcolor 0 0 100 100 rectfill showpage";
    let found = run(limits(), program);
    let page = |points, coloured, copies| InterpretedPage { points, coloured, copies };
    let a4 = Some((595.0, 842.0));
    assert_eq!(found.ending, Ending::Complete);
    assert_eq!(found.pages, [page(None, false, 1), page(a4, true, 3), page(a4, false, 3)]);
}

#[test]
fn binary_data_and_copies_of_level_1_arrive_whole() {
    let mut program = b"%!PS\n/#copies 2 def 100 100 scale 256 1 8 [256 0 0 1 0 0] currentfile \
        256 string readstring pop {} pop pop pop pop pop pop (x) pop clear currentfile 256 string readstring\n"
        .to_vec();
    program.extend(0..=255_u8);
    program.extend(b" { length 256 eq { showpage } if } if\n");
    // The first string takes the program's own rest of the line; what counts is that no byte is lost on the way.
    let found = ghostscript(limits()).interpret(&program);
    assert!(matches!(found.ending, Ending::Complete | Ending::Error(_)), "{:?}", found.ending);

    let mut program = b"%!PS\n/#copies 2 def currentfile 256 string readstring\n".to_vec();
    program.extend(0..=255_u8);
    program.extend(b" { dup 4 get 4 eq exch 255 get 255 eq and { showpage } if } if\n");
    let found = ghostscript(limits()).interpret(&program);
    assert_eq!(found.ending, Ending::Complete);
    assert_eq!(found.pages, [InterpretedPage { points: None, coloured: false, copies: 2 }]);
}

#[test]
fn an_error_is_told_with_the_pages_before_it() {
    let found = run(limits(), "%!PS\nshowpage nonsense showpage");
    assert_eq!(found.ending, Ending::Error("undefined in nonsense".to_owned()));
    assert_eq!(found.pages.len(), 1);
}

#[test]
fn a_loop_without_end_is_ended() {
    let quick = Limits { cpu_s: 1, ..limits() };
    assert!(cut(&run(quick, "%!PS\nshowpage {} loop")).contains("limit"));
    let impatient = Limits { wall: Duration::from_millis(300), ..limits() };
    assert!(cut(&run(impatient, "%!PS\n{} loop")).contains("longer than"));
}

#[test]
fn memory_output_and_endless_pages_are_bounded() {
    let found = run(limits(), "%!PS\n[ { 60000 string } loop");
    match found.ending {
        Ending::Cut(_) | Ending::Error(_) => {}
        Ending::Complete => panic!("memory without end"),
    }
    assert!(
        cut(&run(Limits { cpu_s: 60, ..limits() }, "%!PS\n{ showpage } loop")).contains("draws too much")
    );
    let chatter =
        run(Limits { cpu_s: 60, ..limits() }, "%!PS\n{ (0123456789 0123456789 0123456789) = } loop");
    assert!(cut(&chatter).contains("too much"));
    assert!(
        cut(&run(Limits { cpu_s: 60, ..limits() }, "%!PS\n<</NumCopies 100000>> setpagedevice showpage"))
            .contains("draws too much")
    );
}

#[test]
fn files_and_programs_are_out_of_reach() {
    let directory = std::env::temp_dir().join(format!("papergate-interpreter-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory for the test");
    let victim = directory.join("victim");
    std::fs::write(&victim, "still here").expect("a file for the test");
    let trace = directory.join("trace");
    let attacks = [
        format!("({}) deletefile showpage", victim.display()),
        format!("({}) (w) file (gone) writestring showpage", victim.display()),
        format!("({}) (r) file 10 string readstring pop = showpage", victim.display()),
        format!("(%pipe%touch {}) (w) file showpage", trace.display()),
        format!("<< /OutputFile (%pipe%touch {}) >> setpagedevice showpage", trace.display()),
        format!("<< /OutputFile ({}) >> setpagedevice showpage", trace.display()),
        "(/etc/passwd) (r) file 100 string readline pop = showpage".to_owned(),
        "(PATH) getenv { (/usr) search { showpage } if } if (HOME) getenv { pop showpage } if".to_owned(),
    ];
    for attack in &attacks[..7] {
        let found = run(limits(), &format!("%!PS\n{attack}"));
        assert_ne!(found.ending, Ending::Complete, "{attack}");
        assert_eq!(found.pages.len(), 0, "{attack}");
    }
    assert_eq!(run(limits(), &format!("%!PS\n{}", attacks[7])).pages.len(), 0);
    assert_eq!(std::fs::read_to_string(&victim).expect("it is there"), "still here");
    assert!(!trace.exists(), "a program was run");
    std::fs::remove_dir_all(&directory).expect("the test's directory can go");
}

#[test]
fn a_stop_of_the_server_ends_it() {
    let asked = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&asked);
    // The first question is answered with no, so it runs; the next with yes.
    let patient = Limits { wall: Duration::from_secs(600), cpu_s: 600, ..limits() };
    let ghostscript = ghostscript(patient).until(move || seen.swap(true, Ordering::SeqCst));
    let found = ghostscript.interpret(&b"%!PS\n{} loop".to_vec());
    assert_eq!(found.ending, Ending::Cut("the server stops".to_owned()));
    assert!(asked.load(Ordering::SeqCst));
}

#[test]
fn what_is_no_ghostscript_is_not_believed() {
    for program in ["/bin/true", "/bin/cat", "/nonexistent/gs"] {
        let pretender = Ghostscript::at(PathBuf::from(program), limits()).expect("util-linux is there");
        let found = pretender.interpret(&b"%!PS\nshowpage".to_vec());
        assert_eq!(found.pages.len(), 0, "{program}");
    }
}

/// Needs more memory than the reader of `pdl` takes; Ghostscript has enough.
const LARGE: &str = "%!PS\n%%For: (eve)\n1 0 0 setrgbcolor 0 0 9 9 rectfill showpage\n\
    [ 3600 { 60000 string } repeat ] 0 setgray 0 0 9 9 rectfill showpage\n";

fn report(helpers: &Helpers, program: &str) -> Report {
    inspect(&program.as_bytes().to_vec(), helpers)
}

#[test]
fn what_the_reader_gives_up_is_decided_by_ghostscript_and_undefined_without_it() {
    let alone = report(&Helpers::none(), LARGE);
    let Status::Undefined { why } = &alone.status else { panic!("{:?}", alone.status) };
    assert!(why.contains("no Ghostscript"), "{why}");

    let limits = Limits { wall: Duration::from_secs(600), cpu_s: 300, ..limits() };
    let helpers = Helpers { postscript: Some(Box::new(ghostscript(limits))) };
    let decided = report(&helpers, LARGE);
    assert_eq!(decided.status, Status::Ok);
    assert_eq!((decided.pages.0, decided.color_pages.0), (2, 1));
    assert_eq!(decided.user.as_deref(), Some("eve"));
}

/// Says what it is told to, and counts how often it is asked.
struct Oracle {
    answer: Interpretation,
    asked: Arc<AtomicUsize>,
}

impl PostScriptInterpreter for Oracle {
    fn interpret(&self, _: &dyn ReadAt) -> Interpretation {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.answer.clone()
    }
}

fn told(answer: Interpretation, program: &str) -> (Report, usize) {
    let asked = Arc::new(AtomicUsize::new(0));
    let oracle = Oracle { answer, asked: Arc::clone(&asked) };
    let report = report(&Helpers { postscript: Some(Box::new(oracle)) }, program);
    (report, asked.load(Ordering::SeqCst))
}

#[test]
fn the_better_of_two_answers_counts() {
    let page = InterpretedPage { points: None, coloured: true, copies: 2 };
    let pages = |count| vec![page; count];
    let complete = Interpretation { pages: pages(3), ending: Ending::Complete };
    let broken = Interpretation { pages: pages(1), ending: Ending::Error("typecheck in add".to_owned()) };
    let stopped = Interpretation { pages: pages(3), ending: Ending::Cut("it is slow".to_owned()) };
    let failing = "%!PS\nshowpage nonsense";

    // A program our reader understands is nobody else's business.
    assert_eq!(told(complete.clone(), "%!PS\nshowpage").1, 0);
    let (report, asked) = told(complete, failing);
    assert_eq!((report.status, report.pages.0, report.color_pages.0, asked), (Status::Ok, 6, 6, 1));
    let (report, _) = told(broken, failing);
    assert_eq!((report.status.name(), report.pages.0), ("failure", 2));
    let (report, _) = told(stopped.clone(), failing);
    assert_eq!((report.status.name(), report.pages.0), ("failure", 1));

    // After one that had to be cut short nobody is asked about the rest of the stream.
    let three = format!("\x1b%-12345X@PJL ENTER LANGUAGE=POSTSCRIPT\r\n{failing}\x04").repeat(3);
    assert_eq!(told(stopped, &three).1, 1);
}
