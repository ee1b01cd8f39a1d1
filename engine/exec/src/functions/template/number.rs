//! A number as text, after a template: a place for each digit, a point, signs, and text between.

use super::write::ordinal;

/// A template for numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct NumberTemplate {
    parts: Vec<Part>,
    /// Places before the point.
    whole: usize,
    /// Places behind it.
    fraction: usize,
    /// The first place before the point that is never empty.
    first_zero: Option<usize>,
    /// How many places there are up to the last one that is never empty.
    last_zero: usize,
    has_point: bool,
    /// Without spaces: `FM`.
    is_filled: bool,
    /// A sign next to the number: `S`, before it or behind.
    sign: Option<Side>,
    has_brackets: bool,
    /// A sign in a place of its own: `MI`, `PL`, `SG`.
    has_own_sign: bool,
    /// Of those, only `PL`: a minus stands before the number all the same.
    has_only_plus: bool,
    /// How many places the number is moved to the left: the digits behind `V`.
    shift: Option<usize>,
    is_roman: bool,
    is_scientific: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    Behind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// A digit; whether a zero stands there where there is none.
    Digit {
        is_zero: bool,
    },
    Point,
    Group,
    Currency,
    Minus,
    Plus,
    Sign,
    Ordinal {
        is_upper: bool,
    },
    Roman {
        is_upper: bool,
    },
    Text(char),
}

/// A number in decimal digits.
struct Digits {
    is_negative: bool,
    whole: String,
    fraction: String,
}

impl NumberTemplate {
    /// The template of a text.
    ///
    /// # Errors
    /// When its parts do not go together: why.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut template = Self::default();
        let mut rest = text;
        let mut before_sign = None;
        while let Some(c) = rest.chars().next() {
            let next = template.key(rest, &mut before_sign)?;
            if let Some(next) = next {
                rest = next;
                continue;
            }
            rest = rest.strip_prefix(c).unwrap_or_default();
            match c {
                '"' => rest = template.quoted(rest),
                '\\' if rest.starts_with('"') => {
                    rest = rest.strip_prefix('"').unwrap_or_default();
                    template.parts.push(Part::Text('"'));
                }
                c => template.parts.push(Part::Text(c)),
            }
        }
        if before_sign == Some(template.whole) && template.sign == Some(Side::Before) {
            template.sign = Some(Side::Behind);
        }
        Ok(template)
    }

    /// Takes one key off the front of a text; `None` where there is none.
    fn key<'a>(&mut self, text: &'a str, before_sign: &mut Option<usize>) -> Result<Option<&'a str>, &'static str> {
        let upper = |n: usize| text.get(..n).map(str::to_ascii_uppercase);
        let is_one_case =
            |n: usize| text.get(..n).is_some_and(|t| t == t.to_ascii_uppercase() || t == t.to_ascii_lowercase());
        let after = |n: usize| Ok(text.get(n..));
        if upper(4).as_deref() == Some("EEEE") && is_one_case(4) {
            self.is_scientific = true;
            return after(4);
        }
        if let Some(two) = upper(2).filter(|_| is_one_case(2)) {
            let is_upper = text.starts_with(|c: char| c.is_ascii_uppercase());
            match two.as_str() {
                "FM" => self.is_filled = true,
                "MI" => self.own_sign(Part::Minus)?,
                "PL" => self.own_sign(Part::Plus)?,
                "SG" => self.own_sign(Part::Sign)?,
                "PR" if self.sign.is_some() || self.has_own_sign => return Err("`PR` beside another sign"),
                "PR" => self.has_brackets = true,
                "TH" => self.parts.push(Part::Ordinal { is_upper }),
                "RN" => {
                    self.is_roman = true;
                    self.parts.push(Part::Roman { is_upper });
                }
                _ => return self.short_key(text, before_sign),
            }
            return after(2);
        }
        self.short_key(text, before_sign)
    }

    fn short_key<'a>(
        &mut self,
        text: &'a str,
        before_sign: &mut Option<usize>,
    ) -> Result<Option<&'a str>, &'static str> {
        let Some(c) = text.chars().next() else { return Ok(None) };
        match c {
            '9' | '0' => {
                if self.is_scientific {
                    return Err("`9` behind `EEEE`");
                }
                let is_zero = c == '0';
                if let Some(shift) = &mut self.shift
                    && !is_zero
                {
                    *shift += 1;
                }
                if is_zero && !self.has_point {
                    self.first_zero.get_or_insert(self.whole);
                }
                *(if self.has_point { &mut self.fraction } else { &mut self.whole }) += 1;
                if is_zero {
                    self.last_zero = self.whole + self.fraction;
                }
                self.parts.push(Part::Digit { is_zero });
            }
            '.' | 'D' | 'd' => {
                if self.has_point || self.shift.is_some() {
                    return Err("two points");
                }
                self.has_point = true;
                self.parts.push(Part::Point);
            }
            ',' | 'G' | 'g' => self.parts.push(Part::Group),
            'L' | 'l' => self.parts.push(Part::Currency),
            'S' | 's' => {
                if self.sign.is_some() || self.has_own_sign || self.has_brackets {
                    return Err("`S` beside another sign");
                }
                if self.has_point {
                    self.sign = Some(Side::Behind);
                } else {
                    self.sign = Some(Side::Before);
                    *before_sign = Some(self.whole);
                }
            }
            'V' | 'v' => {
                if self.has_point {
                    return Err("`V` beside a point");
                }
                self.shift = Some(0);
            }
            'B' | 'b' => {}
            _ => return Ok(None),
        }
        Ok(text.get(1..))
    }

    fn own_sign(&mut self, part: Part) -> Result<(), &'static str> {
        if self.sign.is_some() {
            return Err("`S` beside another sign");
        }
        let is_plus = part == Part::Plus;
        self.has_only_plus = is_plus && (!self.has_own_sign || self.has_only_plus);
        self.has_own_sign = true;
        self.parts.push(part);
        Ok(())
    }

    fn quoted<'a>(&mut self, text: &'a str) -> &'a str {
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                '\\' => self.parts.extend(chars.next().map(Part::Text)),
                c => self.parts.push(Part::Text(c)),
            }
        }
        chars.as_str()
    }

    /// A whole number in this form.
    pub(crate) fn write_integer(&self, value: i64) -> String {
        if self.is_scientific {
            return self.scientific(value as f64);
        }
        let mut whole = value.unsigned_abs().to_string();
        whole.push_str(&"0".repeat(if whole == "0" { 0 } else { self.shift.unwrap_or(0) }));
        self.write(Digits { is_negative: value < 0, whole, fraction: "0".repeat(self.fraction) })
    }

    /// A number in this form. A half is rounded as the binary number that it is.
    pub(crate) fn write_float(&self, value: f64) -> String {
        if self.is_scientific {
            return self.scientific(value);
        }
        if !value.is_finite() {
            let whole = if value.is_nan() { "NaN" } else { "Infinity" };
            return self.write(Digits { is_negative: value < 0.0, whole: whole.to_string(), fraction: String::new() });
        }
        let shifted = value * 10f64.powi(self.shift.and_then(|s| i32::try_from(s).ok()).unwrap_or(0));
        // A double has fifteen digits that mean something.
        let before = format!("{:.0}", shifted.abs()).len();
        let fraction = self.fraction.min(15usize.saturating_sub(before));
        let text = format!("{:.fraction$}", shifted.abs());
        let (whole, digits) = text.split_once('.').unwrap_or((&text, ""));
        let is_zero = text.bytes().all(|b| matches!(b, b'0' | b'.'));
        self.write(Digits {
            is_negative: value < 0.0 && !is_zero,
            whole: whole.to_string(),
            fraction: digits.to_string(),
        })
    }

    fn scientific(&self, value: f64) -> String {
        if !value.is_finite() {
            return format!(" {}.{}", "#".repeat(self.whole), "#".repeat(self.fraction));
        }
        let text = format!("{value:.*e}", self.fraction);
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let space = if value < 0.0 { "" } else { " " };
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{space}{mantissa}e{sign}{:02}", exponent.abs())
    }

    fn write(&self, mut digits: Digits) -> String {
        if digits.whole.len() > self.whole && !self.is_roman {
            digits.whole = "#".repeat(self.whole);
            digits.fraction = "#".repeat(self.fraction);
        }
        Writing::new(self, digits).run()
    }
}

/// One number on its way into a template.
struct Writing<'a> {
    template: &'a NumberTemplate,
    digits: Digits,
    out: String,
    /// Places that have no digit of the number, at its front.
    empty: usize,
    /// How many digits behind the point are written, where zeros at the end are not.
    kept: usize,
    /// Which place comes next.
    place: usize,
    has_sign: bool,
    has_brackets: bool,
    /// Whether the place before was a digit.
    is_inside: bool,
}

impl<'a> Writing<'a> {
    fn new(template: &'a NumberTemplate, digits: Digits) -> Self {
        let empty = template.whole.saturating_sub(digits.whole.len());
        let needed = digits.fraction.trim_end_matches('0').len();
        let kept = match template.is_filled && template.has_point {
            true => needed.max(template.last_zero.saturating_sub(template.whole)).min(digits.fraction.len()),
            false => digits.fraction.len(),
        };
        let is_plain = template.sign.is_none() && !template.has_own_sign;
        let has_sign = match (template.has_own_sign, template.has_only_plus) {
            (true, true) => false,
            (true, false) => true,
            (false, _) => !digits.is_negative && template.is_filled && is_plain,
        };
        let has_brackets = template.has_brackets && (digits.is_negative || !template.is_filled);
        Self { template, digits, out: String::new(), empty, kept, place: 0, has_sign, has_brackets, is_inside: false }
    }

    fn run(mut self) -> String {
        for part in &self.template.parts {
            self.part(part);
        }
        self.out
    }

    fn part(&mut self, part: &Part) {
        let is_filled = self.template.is_filled;
        match part {
            Part::Digit { is_zero } => self.digit(*is_zero),
            Part::Point => self.point(),
            Part::Group if self.is_inside => self.out.push(','),
            Part::Minus if self.digits.is_negative => self.out.push('-'),
            Part::Plus if !self.digits.is_negative => self.out.push('+'),
            Part::Group | Part::Minus | Part::Plus if is_filled => {}
            Part::Group | Part::Minus | Part::Plus | Part::Currency => self.out.push(' '),
            Part::Sign => self.out.push(if self.digits.is_negative { '-' } else { '+' }),
            Part::Ordinal { is_upper } => {
                let has_none = self.template.is_roman
                    || self.digits.is_negative
                    || self.template.has_point
                    || self.digits.whole.starts_with('#');
                if !has_none {
                    let ending = ordinal(&self.digits.whole);
                    self.out.push_str(&if *is_upper { ending.to_ascii_uppercase() } else { ending.to_string() });
                }
            }
            Part::Roman { is_upper } => {
                let number = roman(&self.digits);
                let number = if *is_upper { number } else { number.to_ascii_lowercase() };
                self.out.push_str(&if is_filled { number } else { format!("{number:>15}") });
            }
            Part::Text(c) => self.out.push(*c),
        }
    }

    /// A zero before the point that stands there only because there must be a digit.
    fn is_bare_zero(&self) -> bool {
        self.template.first_zero.is_none() && self.digits.whole == "0" && self.template.fraction > 0
    }

    fn digit(&mut self, is_zero: bool) {
        if self.template.is_roman {
            return;
        }
        let place = self.place;
        self.is_inside = false;
        let is_fraction = place >= self.template.whole;
        self.sign_before(is_fraction);
        if is_fraction {
            let at = place - self.template.whole;
            if (at < self.kept || is_zero)
                && let Some(digit) = self.digits.fraction.get(at..at + 1)
            {
                self.out.push_str(digit);
                self.is_inside = true;
            }
        } else if place < self.empty {
            if self.template.first_zero.is_some_and(|first| first <= place) {
                self.out.push('0');
                self.is_inside = true;
            } else if !self.template.is_filled {
                self.out.push(' ');
            }
        } else if self.is_bare_zero() {
            if !self.template.is_filled {
                self.out.push(' ');
            } else if self.kept == 0 {
                self.out.push('0');
            }
        } else {
            let at = place - self.empty;
            self.out.push_str(self.digits.whole.get(at..at + 1).unwrap_or_default());
            self.is_inside = true;
        }
        self.place += 1;
        self.sign_behind();
    }

    fn point(&mut self) {
        self.is_inside = false;
        self.sign_before(true);
        self.out.push('.');
        self.sign_behind();
    }

    /// Writes the sign, where the number begins here.
    fn sign_before(&mut self, is_behind_point: bool) {
        let begins = self.place >= self.empty || self.template.first_zero == Some(self.place);
        let is_put_off = self.is_bare_zero() && !is_behind_point && !(self.template.is_filled && self.kept == 0);
        if self.has_sign || !begins || is_put_off {
            return;
        }
        let is_negative = self.digits.is_negative;
        match self.template.sign {
            Some(Side::Behind) => return,
            Some(Side::Before) => self.out.push(if is_negative { '-' } else { '+' }),
            None if self.has_brackets => self.out.push(if is_negative { '<' } else { ' ' }),
            None if is_negative => self.out.push('-'),
            None if self.template.is_filled => {}
            None => self.out.push(' '),
        }
        self.has_sign = true;
    }

    /// Writes what stands behind the number, where its last place has been.
    fn sign_behind(&mut self) {
        let places = self.template.whole + self.template.fraction;
        // Zeros at the end that are left out take their places along.
        let last = match self.template.is_filled && self.template.has_point {
            true => self.template.whole + self.kept,
            false => places,
        };
        if self.place != last || (self.template.has_point && !self.out.contains('.')) {
            return;
        }
        let is_negative = self.digits.is_negative;
        if self.has_brackets && self.has_sign {
            self.out.push(if is_negative { '>' } else { ' ' });
            self.has_brackets = false;
        } else if self.template.sign == Some(Side::Behind) && !self.has_sign {
            self.out.push(if is_negative { '-' } else { '+' });
            self.has_sign = true;
        }
    }
}

/// A number in Roman digits, of which the last is for a thousand.
fn roman(digits: &Digits) -> String {
    const VALUES: [(u32, &str); 13] = [
        (1_000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let number = digits.whole.parse::<u32>().ok().filter(|n| (1..4_000).contains(n) && !digits.is_negative);
    let Some(mut number) = number else { return "#".repeat(15) };
    let mut out = String::new();
    for (value, text) in VALUES {
        while number >= value {
            number -= value;
            out.push_str(text);
        }
    }
    out
}
