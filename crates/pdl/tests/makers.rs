//! What drivers of particular makers write, cut down to what they taught: each line was misread once.

use pdl::{Helpers, Report, inspect};

fn read(bytes: &[u8]) -> Report {
    inspect(&bytes.to_vec(), &Helpers::none())
}

fn paper(report: &Report) -> Option<String> {
    report.papers.summary().name()
}

/// ESC/P 2 raster graphics as Ghostscript's `stcolor` writes them: a line of 1544 dots in 193 bytes.
#[test]
fn the_longest_run_of_esc_p_graphics_is_129_bytes() {
    let line = b"\x1b.\x01(\x0a\x01\x08\x06\xc8\0\x008\x80\0\xfc\0\x008\r\n";
    let page = [&b"\x1b@\x1b(G\x01\0\x01"[..], line, line, b"\x0c"].concat();
    let report = read(&[&page[..], &page].concat());
    assert_eq!((report.pages.0, report.status.name()), (2, "ok"));
}

/// Gutenprint wraps a job into commands about the printer, which are no text.
#[test]
fn remote_commands_of_epson_printers_print_nothing() {
    let before = b"\x1b@\x1b(R\x08\0\0REMOTE1PM\x02\0\0\0SN\x03\0\0\0\x01\x1b\0\0\0\x1b(G\x01\0\x01";
    let after = b"\r\x0c\x1b@\x1b(R\x08\0\0REMOTE1LD\0\0JE\x01\0\0\x1b\0\0\0";
    let report = read(&[&before[..], b"\x1bi\0\0\x01\x02\0\x01\0\xff\xff", after].concat());
    assert_eq!((report.pages.0, report.color_pages.0, report.status.name()), (1, 0, "ok"));
}

#[test]
fn label_and_host_based_printers_that_begin_like_others_are_not_counted() {
    let labels =
        [&[0; 200][..], b"\x1b@\x1biR\x01\x1biz\x84\0\x0c\0\x02\0\0\0\0\0G\x22\0\xff\x0c\x0c\x0c"].concat();
    let minolta = b"\x1b@\0\x02\0\xbf\x82\x10\xae\x1bP\x01\x08\0\xaf\x02\x01\0\0\0\0\0\0\x26\x0c\x0c\x0c";
    let dymo = [&[0x1b; 160][..], b"@\x1bD\x2a\x16\x0c\x0c\x0c"].concat();
    let counted_data = b"\x1b*rbC\x1b*t360R\x1b|J\0\x27\r\x1b|B@ \x0c\x0c\x0c";
    for bytes in [&labels[..], minolta, &dymo, counted_data] {
        assert_eq!(read(bytes).status.name(), "undefined", "{bytes:?}");
    }
}

#[test]
fn epson_job_language_tells_sides_copies_and_quantity() {
    let job = b"\x1b\x01@EJL\r\n@EJL JI USER=\"eve\" DRIVER=\"EPSON LP-9300\"\r\n\
        @EJL SET DX=ON BD=SE QT=2 CO=3 PS=A4\r\n@EJL EN LA=ESC/PAGE\r\nA\x0cA\x0cA\x0c";
    let report = read(job);
    assert_eq!(report.user.as_deref(), Some("eve"));
    assert_eq!(report.driver.as_deref(), Some("EPSON LP-9300"));
    assert_eq!((report.pages.0, report.sheets.0), (18, 12));
    assert_eq!(report.duplex.name(), "short-edge");
}

/// DesignJet drivers name the sheet in PJL and cut the plot to what can be printed of it.
#[test]
fn the_sheet_of_a_plot_is_the_header_s_when_the_plot_is_its_printable_part() {
    let plot = |header: &str, size: &str| {
        let draw = "BP5,0;IN;SP1;PU0,0;PD100,100;PG;";
        let job =
            format!("\x1b%-12345X@PJL\r\n{header}@PJL ENTER LANGUAGE=HPGL2\r\n{size}{draw}\x1b%-12345X");
        paper(&read(job.as_bytes()))
    };
    let a4 = "@PJL SET PAPERLENGTH=8420\r\n@PJL SET PAPERWIDTH=5950\r\n";
    assert_eq!(plot(a4, "PS11068,7989;").as_deref(), Some("iso_a4_210x297mm"));
    assert_eq!(plot(a4, "PS8388,5920;").as_deref(), Some("iso_a5_148x210mm"));
    assert_eq!(plot("", "PS11880,8398;").as_deref(), Some("iso_a4_210x297mm"));
}

/// A plotter's job that begins like PCL (Ghostscript's `dnj650c`).
#[test]
fn plot_size_is_a_plotter_s_wherever_it_stands() {
    let job = b"\x1b*rbC\x1b*t300R\x1b%0BBP5,1PS11880,8398PUPA0,0\x1b%1A\x1b&a1N\x1b*r80S\x1b*r1A\x1b*b4W\x0f\x0f\x0f\x0f\x1b*rC\x0c";
    assert_eq!(paper(&read(job)).as_deref(), Some("iso_a4_210x297mm"));
}

/// Ghostscript's `cdj970` leaves characters between commands of a language that has none.
#[test]
fn pcl_3_gui_prints_no_text() {
    let page = b"\x1b&l2A\x1bu300D\x1b&l0H\x1b*r1A\x1b*b2W\x18\x18\x1b*rC\x0c";
    let header = b"\x1b%-12345X@PJL ENTER LANGUAGE=PCL3GUI\n";
    assert_eq!(read(&[&header[..], page, page].concat()).pages.0, 2);
    // In PCL 3 proper the text is a page of its own.
    let header = b"\x1b%-12345X@PJL ENTER LANGUAGE=PCL3\n";
    assert_eq!(read(&[&header[..], page, page].concat()).pages.0, 4);
}

/// Lasershot printers take raster data without a length, LBP-8 printers a page that no form feed ends.
#[test]
fn canon_pages_end_as_each_family_ends_them() {
    let rows = b"\xf9\0\0\xc0\x0c\x0c\x0c\x80\x33\x80\x80\x80\x80\x0c";
    for data in [&b"\x1b[1;267;600;11;5422;.r"[..], b"\x1b[1;268;600;11;5422;.&r"] {
        let job = [&b"\x1b%@\x1bP35;600;1J;Ghost\x1b\\\x1b<\x1b[14;;p"[..], data, rows, data, rows].concat();
        let report = read(&job);
        assert_eq!((report.pages.0, report.status.name()), (2, "ok"));
        assert_eq!(paper(&report).as_deref(), Some("iso_a4_210x297mm"));
    }
    let page = b"\x1b;\x1bc\x1b;\x1b[2&z\x1b[14p\x1b[11h\x1b[3;1;300.r\x0c\x0c\x0c\x1b[70e\x1b=";
    let report = read(&[&page[..], page, page].concat());
    assert_eq!((report.languages[0].to_string().as_str(), report.pages.0), ("lips", 3));
}
