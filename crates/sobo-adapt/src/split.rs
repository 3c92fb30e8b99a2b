//! The words of a value over the lines it was written in.

/// Most words a value may have to be divided: beyond it the text stays whole and is left out.
const MOST_WORDS: usize = 80;
/// A part further from what the machine read of its line than this share of its letters is not trusted.
const FURTHEST: f64 = 0.6;

/// Divides a verified text over the lines it was written in, at white space, so that the parts lie as near as can be to
/// what the machine read of each line. `None` where that leaves doubt: a part without words, or one unlike its line.
///
/// A text of one line is that line, whatever the machine read.
pub fn split_text(text: &str, readings: &[&str]) -> Option<Vec<String>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match (words.len(), readings.len()) {
        (0, _) | (_, 0) => return None,
        (_, 1) => return Some(vec![words.join(" ")]),
        (count, lines) if count < lines || count > MOST_WORDS => return None,
        _ => {}
    }
    let cost = |line: usize, from: usize, to: usize| {
        let part = words[from..to].join(" ").to_lowercase();
        sobo_text::edit_distance(&part, &readings[line].to_lowercase())
    };
    // best[line][end]: least cost of the first lines holding the first words, and where the last line began.
    let mut best = vec![vec![(usize::MAX, 0_usize); words.len() + 1]; readings.len() + 1];
    best[0][0] = (0, 0);
    for line in 0..readings.len() {
        for end in line + 1..=words.len() {
            for from in line..end {
                let before = best[line][from].0;
                if before != usize::MAX {
                    let total = before + cost(line, from, end);
                    if total < best[line + 1][end].0 {
                        best[line + 1][end] = (total, from);
                    }
                }
            }
        }
    }
    let mut parts = Vec::with_capacity(readings.len());
    let mut end = words.len();
    for line in (0..readings.len()).rev() {
        let (total, from) = best[line + 1][end];
        if total == usize::MAX {
            return None;
        }
        let part = words[from..end].join(" ");
        let most = FURTHEST * part.chars().count().max(1) as f64;
        if cost(line, from, end) as f64 > most {
            return None;
        }
        parts.push(part);
        end = from;
    }
    parts.reverse();
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_to_the_line_they_were_read_in() {
        let split = split_text(
            "12 đường Trần Hưng Đạo, phường 6, quận 5",
            &["12 duong Tran Hung Dao", "phuong6, quan 5"],
        );
        assert_eq!(split, Some(vec!["12 đường Trần Hưng Đạo,".to_owned(), "phường 6, quận 5".to_owned()]));
    }

    #[test]
    fn one_line_is_one_line_however_badly_it_was_read() {
        assert_eq!(split_text(" Làm  ruộng ", &["xxx"]), Some(vec!["Làm ruộng".to_owned()]));
    }

    #[test]
    fn doubt_leaves_the_value_out() {
        assert_eq!(split_text("một hai ba bốn", &["qqqqqqq", "wwwwwww"]), None, "unlike either line");
        assert_eq!(split_text("một", &["một", "hai"]), None, "fewer words than lines");
        assert_eq!(split_text("", &["một"]), None);
    }
}
