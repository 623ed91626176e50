//! A QR code as an inline picture.

use std::fmt::Write;

use qrcode::{Color, EcLevel, QrCode};

/// The white modules that the standard wants around the code.
const QUIET: usize = 4;

/// Draws the text as an `<svg>` element, black on white in dark mode too. It has presentation attributes
/// only, so that no content security policy stands in its way. `None` for a text too long for a QR code.
pub(crate) fn qr_svg(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let (width, modules) = (code.width(), code.to_colors());
    let side = width + 2 * QUIET;
    let mut svg = format!(
        "<svg role=\"img\" aria-label=\"QR code to scan with an authenticator app\" width=\"240\" height=\"240\" \
         viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path fill=\"#000\" d=\""
    );
    for (y, row) in modules.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            let length = run.len();
            if run.first() == Some(&Color::Dark) {
                // Writing to a string can't fail.
                let _ = write!(svg, "M{} {}h{length}v1h-{length}z", x + QUIET, y + QUIET);
            }
            x += length;
        }
    }
    svg.push_str("\"/></svg>");
    Some(svg)
}

/// Draws the text as a PNG in base64, each module of it eight pixels wide. `None` for a text too long for a QR
/// code.
#[cfg(feature = "wire-api")]
pub(crate) fn qr_png(text: &str) -> Option<String> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    const PIXELS: usize = 8;
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let (width, modules) = (code.width(), code.to_colors());
    let side = (width + 2 * QUIET) * PIXELS;
    let dark = |x: usize, y: usize| {
        let place = |pixel: usize| (pixel / PIXELS).checked_sub(QUIET).filter(|module| *module < width);
        let module = place(x).zip(place(y)).and_then(|(x, y)| modules.get(y * width + x));
        module == Some(&Color::Dark)
    };
    let pixels: Vec<u8> = (0..side)
        .flat_map(|y| (0..side).map(move |x| (x, y)))
        .map(|(x, y)| if dark(x, y) { 0 } else { 255 })
        .collect();
    let mut file = Vec::new();
    let side = u32::try_from(side).ok()?;
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&pixels).ok()?;
    writer.finish().ok()?;
    Some(STANDARD.encode(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URI: &str =
        "otpauth://totp/Acme:ada%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Acme";

    /// Reads the picture back into modules, the quiet zone included.
    fn modules(svg: &str) -> Vec<Vec<bool>> {
        let side: usize =
            svg.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        let path = svg.split("d=\"").nth(1).unwrap().split('"').next().unwrap();
        let mut grid = vec![vec![false; side]; side];
        for run in path.split('M').skip(1) {
            let (place, shape) = run.split_once('h').unwrap();
            let (x, y) = place.split_once(' ').unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            let length = shape.split_once("v1h-").unwrap().0;
            assert_eq!(shape, format!("{length}v1h-{length}z"));
            for module in &mut grid[y][x..x + length.parse::<usize>().unwrap()] {
                assert!(!*module, "no module is drawn twice");
                *module = true;
            }
        }
        grid
    }

    #[test]
    fn draws_every_module_and_the_quiet_zone() {
        let code = QrCode::with_error_correction_level(URI, EcLevel::M).unwrap();
        let grid = modules(&qr_svg(URI).unwrap());
        assert_eq!(grid.len(), code.width() + 8);
        for (y, row) in grid.iter().enumerate() {
            for (x, &dark) in row.iter().enumerate() {
                let inside = (4..4 + code.width()).contains(&x) && (4..4 + code.width()).contains(&y);
                assert_eq!(dark, inside && code[(x - 4, y - 4)] == Color::Dark, "{x}, {y}");
            }
        }
        // The top left finder pattern, by the standard and not by the library.
        for (dx, dark) in [true, false, true, true, true, false, true, false].into_iter().enumerate() {
            assert_eq!(grid[4 + 3][4 + dx], dark, "{dx}");
        }
    }

    #[test]
    fn is_one_element_that_needs_no_style() {
        let svg = qr_svg(URI).unwrap();
        assert!(svg.starts_with("<svg role=\"img\" aria-label=\"") && svg.ends_with("/></svg>"));
        for absent in ["style", "<?xml", "http:", "https:", "secret", "JBSWY"] {
            assert!(!svg.contains(absent), "{absent}");
        }
        assert!(svg.len() < 16_384, "{}", svg.len());
    }

    #[test]
    fn refuses_what_no_qr_code_holds() {
        assert!(qr_svg("").is_some());
        assert!(qr_svg(&"a".repeat(2331)).is_some());
        assert!(qr_svg(&"a".repeat(2332)).is_none());
    }
}
