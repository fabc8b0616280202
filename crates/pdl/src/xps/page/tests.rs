use super::*;

/// No pictures; one dictionary with a red and a gray brush.
struct Nothing;

impl Surroundings for Nothing {
    fn picture(&mut self, _base: &PartName, reference: &str) -> Paint {
        match reference {
            "/red.png" => Paint::Color,
            "gray.png" => Paint::Gray,
            _ => Paint::None,
        }
    }

    fn dictionary(&mut self, base: &PartName, reference: &str) -> Option<(PartName, Box<dyn Read + '_>)> {
        let text: &[u8] = br##"<ResourceDictionary xmlns:x="x"><SolidColorBrush x:Key="far" Color="#FF0000"/></ResourceDictionary>"##;
        Some((base.resolve(reference), Box::new(text)))
    }
}

fn marks(body: &str) -> Paint {
    let text = format!(r#"<FixedPage Width="100" Height="200" xmlns="f" xmlns:x="x">{body}</FixedPage>"#);
    let facts = read(text.as_bytes(), &PartName::new("/p/1.fpage"), &mut Nothing).expect("well-formed");
    assert_eq!(facts.size, Some((100.0, 200.0)));
    facts.marks
}

const SQUARE: &str = r#"Data="M 10,10 L 20,10 20,20 10,20 Z""#;

#[test]
fn marks_that_print_count() {
    let red = "#FFFF0000";
    let rows: Vec<(&str, String, Paint)> = vec![
        ("an empty page", String::new(), Paint::None),
        ("a gray fill", format!("<Path {SQUARE} Fill=\"#808080\"/>"), Paint::Gray),
        ("a red fill", format!("<Path {SQUARE} Fill=\"{red}\"/>"), Paint::Color),
        ("a red stroke", format!("<Path {SQUARE} Stroke=\"{red}\"/>"), Paint::Color),
        (
            "a stroke without width",
            format!("<Path {SQUARE} Stroke=\"{red}\" StrokeThickness=\"0\"/>"),
            Paint::None,
        ),
        ("a transparent fill", format!("<Path {SQUARE} Fill=\"#00FF0000\"/>"), Paint::None),
        ("opacity zero", format!("<Path {SQUARE} Fill=\"{red}\" Opacity=\"0\"/>"), Paint::None),
        (
            "in an invisible canvas",
            format!("<Canvas Opacity=\"0.0\"><Path {SQUARE} Fill=\"{red}\"/></Canvas>"),
            Paint::None,
        ),
        ("off the page", format!("<Path Data=\"M 110,10 L 120,10 120,20 Z\" Fill=\"{red}\"/>"), Paint::None),
        (
            "brought onto the page",
            format!(
                "<Canvas RenderTransform=\"1,0,0,1,-50,0\"><Path Data=\"M 110,10 L 120,10 120,20 Z\" Fill=\"{red}\"/></Canvas>"
            ),
            Paint::Color,
        ),
        (
            "carried off by an element",
            format!(
                "<Path {SQUARE} Fill=\"{red}\"><Path.RenderTransform><MatrixTransform Matrix=\"1,0,0,1,500,0\"/></Path.RenderTransform></Path>"
            ),
            Paint::None,
        ),
        (
            "clipped away",
            format!("<Canvas Clip=\"M 50,50 L 60,50 60,60 Z\"><Path {SQUARE} Fill=\"{red}\"/></Canvas>"),
            Paint::None,
        ),
        ("no area", format!("<Path Data=\"M 10,10 L 20,10\" Fill=\"{red}\"/>"), Paint::None),
        ("no geometry", format!("<Path Fill=\"{red}\"/>"), Paint::None),
        (
            "red text",
            format!(
                "<Glyphs Fill=\"{red}\" FontRenderingEmSize=\"10\" OriginX=\"5\" OriginY=\"20\" UnicodeString=\"a\"/>"
            ),
            Paint::Color,
        ),
        (
            "red blanks",
            format!(
                "<Glyphs Fill=\"{red}\" FontRenderingEmSize=\"10\" OriginX=\"5\" OriginY=\"20\" UnicodeString=\"  \"/>"
            ),
            Paint::None,
        ),
        (
            "red glyphs",
            format!(
                "<Glyphs Fill=\"{red}\" FontRenderingEmSize=\"10\" OriginX=\"5\" OriginY=\"20\" Indices=\"43;71,50\"/>"
            ),
            Paint::Color,
        ),
        (
            "a brush of its own",
            format!("<Path {SQUARE}><Path.Fill><SolidColorBrush Color=\"{red}\"/></Path.Fill></Path>"),
            Paint::Color,
        ),
        (
            "a gradient of grays",
            format!(
                "<Path {SQUARE}><Path.Fill><LinearGradientBrush><LinearGradientBrush.GradientStops><GradientStop Color=\"#111111\" Offset=\"0\"/><GradientStop Color=\"#eeeeee\" Offset=\"1\"/></LinearGradientBrush.GradientStops></LinearGradientBrush></Path.Fill></Path>"
            ),
            Paint::Gray,
        ),
        (
            "a coloured gradient",
            format!(
                "<Path {SQUARE}><Path.Fill><RadialGradientBrush><RadialGradientBrush.GradientStops><GradientStop Color=\"#111111\" Offset=\"0\"/><GradientStop Color=\"#ee00ee\" Offset=\"1\"/></RadialGradientBrush.GradientStops></RadialGradientBrush></Path.Fill></Path>"
            ),
            Paint::Color,
        ),
        (
            "a picture",
            format!("<Path {SQUARE}><Path.Fill><ImageBrush ImageSource=\"/red.png\"/></Path.Fill></Path>"),
            Paint::Color,
        ),
        (
            "a picture with a profile",
            format!(
                "<Path {SQUARE}><Path.Fill><ImageBrush ImageSource=\"{{ColorConvertedBitmap gray.png /x.icc}}\"/></Path.Fill></Path>"
            ),
            Paint::Gray,
        ),
        (
            "a visual as a brush",
            format!(
                "<Path {SQUARE}><Path.Fill><VisualBrush><VisualBrush.Visual><Canvas><Path Data=\"M 900,0 L 910,0 910,9 Z\" Fill=\"{red}\"/></Canvas></VisualBrush.Visual></VisualBrush></Path.Fill></Path>"
            ),
            Paint::Color,
        ),
        (
            "a mask prints no colour",
            format!(
                "<Path {SQUARE} Fill=\"#000000\"><Path.OpacityMask><SolidColorBrush Color=\"{red}\"/></Path.OpacityMask></Path>"
            ),
            Paint::Gray,
        ),
        (
            "alternate content",
            format!(
                "<AlternateContent><Choice Requires=\"y\"><Path {SQUARE} Fill=\"{red}\"/></Choice><Fallback><Path {SQUARE} Fill=\"#000000\"/></Fallback></AlternateContent>"
            ),
            Paint::Gray,
        ),
        (
            "a geometry of elements",
            format!(
                "<Path Fill=\"{red}\"><Path.Data><PathGeometry><PathFigure StartPoint=\"1,1\"><PolyLineSegment Points=\"5,1 5,5\"/></PathFigure></PathGeometry></Path.Data></Path>"
            ),
            Paint::Color,
        ),
        (
            "such a geometry off the page",
            format!(
                "<Path Fill=\"{red}\"><Path.Data><PathGeometry Transform=\"1,0,0,1,0,-900\"><PathFigure StartPoint=\"1,1\"><ArcSegment Point=\"5,5\" Size=\"2,2\"/></PathFigure></PathGeometry></Path.Data></Path>"
            ),
            Paint::None,
        ),
    ];
    for (name, body, paint) in rows {
        assert_eq!(marks(&body), paint, "{name}");
    }
}

#[test]
fn a_resource_counts_where_it_is_used() {
    let dictionary = r##"<FixedPage.Resources><ResourceDictionary>
        <SolidColorBrush x:Key="red" Color="#FF0000"/><SolidColorBrush x:Key="gray" Color="#777777"/>
        <MatrixTransform x:Key="away" Matrix="1,0,0,1,1000,0"/>
        <PathGeometry x:Key="square" Figures="M 1,1 L 9,1 9,9 Z"/>
        <Canvas x:Key="scene"><Path Data="M 1,1 L 9,1 9,9 Z" Fill="#00FF00"/></Canvas>
        </ResourceDictionary></FixedPage.Resources>"##;
    let page = |body: &str| marks(&format!("{dictionary}{body}"));
    assert_eq!(page(""), Paint::None);
    assert_eq!(page(&format!("<Path {SQUARE} Fill=\"{{StaticResource gray}}\"/>")), Paint::Gray);
    assert_eq!(page(&format!("<Path {SQUARE} Fill=\"{{StaticResource red}}\"/>")), Paint::Color);
    assert_eq!(page("<Path Data=\"{StaticResource square}\" Fill=\"{StaticResource red}\"/>"), Paint::Color);
    assert_eq!(
        page(&format!(
            "<Path {SQUARE} Fill=\"{{StaticResource red}}\" RenderTransform=\"{{StaticResource away}}\"/>"
        )),
        Paint::None
    );
    assert_eq!(
        page(&format!(
            "<Path {SQUARE}><Path.Fill><VisualBrush Visual=\"{{StaticResource scene}}\"/></Path.Fill></Path>"
        )),
        Paint::Color
    );
    // The nearer dictionary wins.
    assert_eq!(
        page(&format!(
            "<Canvas><Canvas.Resources><ResourceDictionary><SolidColorBrush x:Key=\"red\" Color=\"#000000\"/></ResourceDictionary></Canvas.Resources>\
             <Path {SQUARE} Fill=\"{{StaticResource red}}\"/></Canvas>"
        )),
        Paint::Gray
    );
}

#[test]
fn a_dictionary_may_be_a_part_of_its_own() {
    let body = format!(
        "<FixedPage.Resources><ResourceDictionary Source=\"/dict.xaml\"/></FixedPage.Resources><Path {SQUARE} Fill=\"{{StaticResource far}}\"/>"
    );
    assert_eq!(marks(&body), Paint::Color);
}

#[test]
fn a_cut_page_is_an_error() {
    let text = format!("<FixedPage Width=\"100\" Height=\"200\"><Canvas><Path {SQUARE} Fill=\"#FF0000\"/>");
    assert!(read(text.as_bytes(), &PartName::new("/1.fpage"), &mut Nothing).is_err());
}
