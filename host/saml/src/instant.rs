//! `xs:dateTime` as SAML has it (Core §1.3.3): in UTC, written with `Z`.

use argus_domain::Timestamp;

use crate::refusal::{Refusal, Rule, refuse};

/// Reads a time. Digits below the millisecond are dropped.
pub(crate) fn parse(text: &str) -> Result<Timestamp, Refusal> {
    match read(text.as_bytes()) {
        Some(instant) => Ok(instant),
        None => refuse(Rule::Instant, "A time is not an xs:dateTime in UTC."),
    }
}

fn read(text: &[u8]) -> Option<Timestamp> {
    let (main, fraction) = (text.get(..19)?, text.get(19..)?.strip_suffix(b"Z")?);
    let number = |range: std::ops::Range<usize>| {
        main.get(range)?.iter().try_fold(0_i64, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))
    };
    let separators = [main[4], main[7], main[10], main[13], main[16]];
    if separators != *b"--T::" {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_in_month = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(is_leap),
        1..=12 => 31,
        _ => return None,
    };
    if year == 0 || !(1..=days_in_month).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = days_since_epoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Some(Timestamp::from_unix_millis(seconds * 1000 + millis(fraction)?))
}

fn millis(fraction: &[u8]) -> Option<i64> {
    if fraction.is_empty() {
        return Some(0);
    }
    let digits = fraction.strip_prefix(b".")?;
    if digits.is_empty() || digits.len() > 18 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |index: usize| digits.get(index).map_or(0, |digit| i64::from(digit - b'0'));
    Some(digit(0) * 100 + digit(1) * 10 + digit(2))
}

/// Days of the proleptic Gregorian calendar, in years that begin in March so that the leap day is the last.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, month) = (year.div_euclid(400), (month + 9) % 12);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Writes a time, to the millisecond.
pub(crate) fn format(instant: Timestamp) -> String {
    let (days, millis) = (instant.unix_millis().div_euclid(86_400_000), instant.unix_millis().rem_euclid(86_400_000));
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", millis % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        for (text, millis) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("2026-11-22T03:05:17.247Z", 1_795_316_717_247),
            ("2024-02-29T23:59:59.999Z", 1_709_251_199_999),
            ("1969-12-31T23:59:59.000Z", -1000),
        ] {
            assert_eq!(parse(text).unwrap(), Timestamp::from_unix_millis(millis), "{text}");
            assert_eq!(format(Timestamp::from_unix_millis(millis)), text);
        }
        assert_eq!(parse("2026-11-22T03:17:19.963851Z").unwrap().unix_millis() % 1000, 963);
        assert_eq!(parse("2026-11-22T03:29:53Z").unwrap().unix_millis() % 1000, 0);
    }

    #[test]
    fn what_is_no_time_in_utc_is_refused() {
        for text in [
            "",
            "2026-11-22",
            "2026-11-22T03:05:17",
            "2026-11-22T03:05:17+00:00",
            "2026-11-22t03:05:17z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-11-31T00:00:00Z",
            "2026-11-22T24:00:00Z",
            "2026-11-22T03:05:60Z",
            "2026-11-22T03:05:17.Z",
            " 2026-11-22T03:05:17Z",
            "2026-11-22T03:05:17ZZ",
            "+026-11-22T03:05:17Z",
            "２026-11-22T03:05:17Z",
            "12026-11-22T03:05:17Z",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
