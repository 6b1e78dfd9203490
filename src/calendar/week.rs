//! Days of the week and times of the day.

use jiff::{
    Span,
    civil::{Date, Weekday},
};

use super::{CalendarError, Zone};

const DAYS: [(&str, &str, Weekday); 7] = [
    ("mon", "monday", Weekday::Monday),
    ("tue", "tuesday", Weekday::Tuesday),
    ("wed", "wednesday", Weekday::Wednesday),
    ("thu", "thursday", Weekday::Thursday),
    ("fri", "friday", Weekday::Friday),
    ("sat", "saturday", Weekday::Saturday),
    ("sun", "sunday", Weekday::Sunday),
];

/// Days of the week. Those that name working days alone, from Monday to Friday, pass over holidays; those
/// with a Saturday or a Sunday among them don't.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weekdays {
    /// A bit for each, Monday first.
    days: u8,
}

impl Weekdays {
    /// Every day, holidays included.
    pub const ALL: Weekdays = Weekdays { days: 0x7f };
    /// Saturday and Sunday.
    /// From Monday to Friday; they pass over holidays.
    pub const WORKING: Weekdays = Weekdays { days: 0x1f };

    const WEEKEND: u8 = 0x60;

    /// Reads names such as `mon`, `Tues` or `wednesday`, one each: the first three letters or more.
    ///
    /// # Errors
    /// At the first that is no day of the week.
    pub fn named<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<Weekdays, CalendarError> {
        let mut days = 0;
        for name in names {
            let wanted = name.trim().to_lowercase();
            let place = DAYS
                .iter()
                .position(|(short, long, _)| wanted.starts_with(short) && long.starts_with(&wanted));
            days |= 1 << place.ok_or_else(|| CalendarError::Weekday(name.to_owned()))?;
        }
        Ok(Weekdays { days })
    }

    /// The names of the days, short and long, Monday first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        DAYS.into_iter().flat_map(|(short, long, _)| [short, long])
    }

    /// Whether a day is one of them.
    pub(super) fn has(self, day: Date, zone: &Zone) -> bool {
        let place = DAYS.iter().position(|(_, _, weekday)| *weekday == day.weekday()).unwrap_or(0);
        let named = self.days & (1 << place) != 0;
        named && (self.days & Self::WEEKEND != 0 || zone.is_business_day(day))
    }
}

/// A time of day, up to 24:00, which is the start of the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalTime {
    seconds: i32,
}

impl LocalTime {
    /// The end of the day.
    const MIDNIGHT: i32 = 24 * 60 * 60;

    /// Reads `09:00`, `9:30` or `17:00:30`; `24:00` is the end of the day.
    ///
    /// # Errors
    /// When it is nothing of the kind.
    pub fn parse(text: &str) -> Result<LocalTime, CalendarError> {
        let wrong = || CalendarError::TimeOfDay(text.to_owned());
        let parts: Vec<&str> = text.trim().split(':').collect();
        let number = |part: &str, least: usize| match part.bytes().all(|byte| byte.is_ascii_digit()) {
            true if (least..=2).contains(&part.len()) => part.parse::<i32>().map_err(|_| wrong()),
            _ => Err(wrong()),
        };
        let (hours, minutes, seconds) = match parts.as_slice() {
            [hours, minutes] => (number(hours, 1)?, number(minutes, 2)?, 0),
            [hours, minutes, seconds] => (number(hours, 1)?, number(minutes, 2)?, number(seconds, 2)?),
            _ => return Err(wrong()),
        };
        let all = hours * 3600 + minutes * 60 + seconds;
        let fits = minutes < 60 && seconds < 60 && all <= Self::MIDNIGHT;
        fits.then_some(LocalTime { seconds: all }).ok_or_else(wrong)
    }

    /// The moment at which clocks of a zone show this time on a day (semantics 15).
    pub(super) fn on(self, day: Date, zone: &Zone) -> Result<i64, CalendarError> {
        let midnight = self.seconds == Self::MIDNIGHT;
        let day = if midnight { following(day, 1)? } else { day };
        let within = if midnight { 0 } else { self.seconds };
        let span = Span::new().seconds(i64::from(within));
        zone.moment(day.at(0, 0, 0, 0).checked_add(span).map_err(|_| CalendarError::OutOfRange)?)
    }
}

/// The day so many days after another.
pub(super) fn following(day: Date, days: i64) -> Result<Date, CalendarError> {
    day.checked_add(Span::new().days(days)).map_err(|_| CalendarError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_read_as_people_write_them() {
        for (text, seconds) in
            [("09:00", 32_400), ("9:30", 34_200), ("00:00", 0), ("17:00:30", 61_230), ("24:00", 86_400)]
        {
            assert_eq!(LocalTime::parse(text), Ok(LocalTime { seconds }), "{text}");
        }
        for text in
            ["", "9", "9:5", "25:00", "24:01", "12:60", "-1:00", "12:00:60", "1:2:3:4", "noon", "+9:00"]
        {
            assert_eq!(LocalTime::parse(text), Err(CalendarError::TimeOfDay(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn days_of_the_week_have_a_short_and_a_long_name() {
        assert_eq!(Weekdays::named(["mon", "Tues"]), Ok(Weekdays { days: 0b11 }));
        assert_eq!(Weekdays::named(Weekdays::names()), Ok(Weekdays::ALL));
        for name in ["someday", "mo", "mond ay", "sunny", ""] {
            assert_eq!(Weekdays::named(["mon", name]), Err(CalendarError::Weekday(name.to_owned())));
        }
    }
}
