//! Names the interpreter itself looks for.

use super::names::Names;
use super::object::Name;

macro_rules! known {
    ($($field:ident = $text:literal),* $(,)?) => {
        /// Names interned once.
        #[derive(Clone, Copy, Debug)]
        pub(super) struct Known {
            $(pub(super) $field: Name,)*
        }

        impl Known {
            /// Interns them all.
            pub(super) fn new(names: &mut Names) -> Self {
                Self { $($field: names.intern($text.as_bytes()).unwrap_or(Name(0)),)* }
            }
        }
    };
}

known! {
    // errors
    newerror = "newerror",
    errorname = "errorname",
    command = "command",
    errorinfo = "errorinfo",
    ostack = "ostack",
    estack = "estack",
    dstack = "dstack",
    recordstacks = "recordstacks",
    // device
    page_size = "PageSize",
    num_copies = "NumCopies",
    copies = "#copies",
    duplex = "Duplex",
    tumble = "Tumble",
    begin_page = "BeginPage",
    end_page = "EndPage",
    install = "Install",
    // fonts
    font_type = "FontType",
    font_matrix = "FontMatrix",
    font_bbox = "FontBBox",
    font_name = "FontName",
    encoding = "Encoding",
    char_strings = "CharStrings",
    private = "Private",
    len_iv = "lenIV",
    build_char = "BuildChar",
    build_glyph = "BuildGlyph",
    fid = "FID",
    fmap_type = "FMapType",
    fdep_vector = "FDepVector",
    esc_char = "EscChar",
    sfnts = "sfnts",
    paint_type = "PaintType",
    notdef = ".notdef",
    // colour spaces
    device_gray = "DeviceGray",
    device_rgb = "DeviceRGB",
    device_cmyk = "DeviceCMYK",
    pattern = "Pattern",
    pattern_type = "PatternType",
    shading = "Shading",
    paint_proc = "PaintProc",
    implementation = "Implementation",
    // images
    image_type = "ImageType",
    width = "Width",
    height = "Height",
    bits_per_component = "BitsPerComponent",
    decode = "Decode",
    image_matrix = "ImageMatrix",
    data_source = "DataSource",
    multiple_data_sources = "MultipleDataSources",
    data_dict = "DataDict",
    mask_dict = "MaskDict",
    interleave_type = "InterleaveType",
    // everything
    matrix = "Matrix",
    bbox = "BBox",
    n = "N",
}
