use super::*;

const SECOND: i128 = NANOS as i128;
const FIRST_NANO: i128 = FIRST as i128 * SECOND;
const END_NANO: i128 = END as i128 * SECOND;

fn of(nanos: i128) -> Timestamp {
    Timestamp { seconds: nanos.div_euclid(SECOND) as i64, nanos: nanos.rem_euclid(SECOND) as u32 }
}

fn to(timestamp: Timestamp) -> i128 {
    i128::from(timestamp.seconds) * SECOND + i128::from(timestamp.nanos)
}

fn nanos(text: &str) -> Option<i128> {
    Timestamp::parse(text).map(to)
}

fn seconds_of(timestamp: Timestamp) -> String {
    let mut text = String::new();
    text.push_str(timestamp.text_of_seconds().as_str());
    text
}

#[test]
fn an_int_and_a_float_are_read_to_the_nanosecond() {
    assert_eq!(nanos("1790000000"), Some(1_790_000_000 * SECOND));
    assert_eq!(nanos("1790000000.123456"), Some(1_790_000_000 * SECOND + 123_456_000));
    assert_eq!(nanos("1790000000.1234567891"), Some(1_790_000_000 * SECOND + 123_456_789));
    assert_eq!(nanos("-1.5"), Some(-1_500_000_000));
    assert_eq!(nanos("-0.0"), Some(0));
}

#[test]
fn an_exponent_is_read_to_the_microsecond() {
    assert_eq!(nanos("1.790000000123456e9"), Some(1_790_000_000 * SECOND + 123_456_000));
    assert_eq!(nanos("1790000000123456E-6"), Some(1_790_000_000 * SECOND + 123_456_000));
    assert_eq!(nanos("-1.5e0"), Some(-1_500_000_000));
    assert_eq!(nanos("0e99999999999999999999"), Some(0));
    assert_eq!(nanos("1e-99999999999999999999"), Some(0));
}

#[test]
fn the_calendar_is_from_the_year_1_to_the_year_9999() {
    assert_eq!(nanos("-62135596800"), Some(FIRST_NANO));
    assert_eq!(nanos("-62135596800.0"), Some(FIRST_NANO));
    assert_eq!(nanos("-62135596800.000000001"), None);
    assert_eq!(nanos("-62135596801"), None);
    assert_eq!(nanos("253402300799.999999999"), Some(END_NANO - 1));
    assert_eq!(nanos("253402300800"), None);
    for beyond in [
        "999999999999",
        "1000000000000",
        "1e11e",
        "2.6e11",
        "1e12",
        "1e308",
        "1e309",
        "-1e309",
        "9".repeat(400).as_str(),
    ] {
        assert_eq!(nanos(beyond), None, "{beyond}");
    }
}

#[test]
fn a_text_that_is_not_a_json_number_is_not_a_time() {
    for odd in [
        "",
        "-",
        "+1",
        "--1",
        "01",
        "-01",
        "00.1",
        ".5",
        "1.",
        "1.e5",
        "1e",
        "1e+",
        "1e-",
        "1e5.0",
        "1e5e5",
        "1.5.5",
        "0x1",
        "NaN",
        "nan",
        "inf",
        "Infinity",
        "-Infinity",
        "true",
        "null",
        "1a",
        "1 ",
        " 1",
        "1_0",
        "١",
        "1.٥",
    ] {
        assert_eq!(nanos(odd), None, "{odd:?}");
    }
}

#[test]
fn a_written_time_is_read_as_the_same_microsecond() {
    for seconds in [0, 1, 1_790_000_000, 253_402_300_799, -1, -62_135_596_800, 86_399_999_999] {
        for micros in [0, 1, 9, 10, 500_000, 999_999, 123_450, 100_001] {
            let timestamp = of(seconds * SECOND + micros * 1000);
            assert_eq!(Timestamp::parse(timestamp.to_string()), Some(timestamp), "{timestamp}");
            assert_eq!(Timestamp::parse(seconds_of(timestamp)), Some(of(seconds * SECOND)));
        }
    }
}

#[test]
fn a_float_is_written_as_python_writes_it() {
    for (nanos, text) in [
        (0, "0.0"),
        (SECOND, "1.0"),
        (SECOND / 4, "0.25"),
        (1000, "0.000001"),
        (-1000, "-0.000001"),
        (-SECOND / 2, "-0.5"),
        (1_790_000_000 * SECOND + 120_000_000, "1790000000.12"),
        (1_790_000_000 * SECOND + 999_999_000, "1790000000.999999"),
    ] {
        assert_eq!(of(nanos).to_string(), text);
    }
}

#[test]
fn seconds_and_micros_are_cut_towards_the_past() {
    assert_eq!(to(of(1_999_999_999).whole_seconds()), SECOND);
    assert_eq!(to(of(-1).whole_seconds()), -SECOND);
    assert_eq!(to(of(1999).whole_micros()), 1000);
    assert_eq!(to(of(-1).whole_micros()), -1000);
    assert_eq!(seconds_of(of(-1)), "-1");
}

#[test]
fn a_future_time_is_zero_ago() {
    let (early, late) = (of(FIRST_NANO), of(END_NANO - 1));
    assert_eq!(early.since(late), Duration::ZERO);
    assert_eq!(late.since(early), Duration::new(315_537_897_599, 999_999_999));
    assert_eq!(of(5).since(of(5)), Duration::ZERO);
}

#[test]
fn a_clock_beyond_the_calendar_stands_at_its_end() {
    let far = Duration::from_secs(1 << 40);
    assert_eq!(to(Timestamp::from_system(UNIX_EPOCH + far)), END_NANO - 1);
    assert_eq!(UNIX_EPOCH.checked_sub(far).map_or(FIRST_NANO, |before| to(Timestamp::from_system(before))), FIRST_NANO);
    for nanos in [0, 1, -1, 1_500_000_000, -1_500_000_000] {
        assert_eq!(to(Timestamp::from_system(of(nanos).to_system().unwrap())), nanos);
    }
}

#[test]
fn the_next_microsecond_may_be_in_the_next_second() {
    for nanos in [0, 999_999_000, SECOND - 1000, -1000, -SECOND] {
        assert_eq!(to(of(nanos).next_micro()), nanos + 1000);
    }
}

#[cfg(feature = "device-bound")]
#[test]
fn a_later_moment_counts_fractions_and_stops_at_the_calendars_end() {
    assert_eq!(to(of(SECOND / 4).after(Duration::from_millis(500))), SECOND * 3 / 4);
    assert_eq!(to(of(SECOND * 3 / 4).after(Duration::from_millis(1500))), SECOND * 9 / 4);
    for far in [Duration::from_secs(1 << 40), Duration::MAX] {
        assert_eq!(to(of(0).after(far)), END_NANO - 1);
    }
}

#[test]
fn every_byte_among_eight_digits_is_told_apart() {
    assert_eq!(eight_digits(b"12345678"), Some(12_345_678));
    assert_eq!(eight_digits(b"99999999"), Some(99_999_999));
    for place in 0..8 {
        for byte in 0..=255 {
            let mut text = *b"90817263";
            text[place] = byte;
            let expected = byte.is_ascii_digit().then(|| std::str::from_utf8(&text).unwrap().parse().unwrap());
            assert_eq!(eight_digits(&text), expected, "{text:?}");
        }
    }
}
