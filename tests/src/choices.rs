//! Choices without end, made from a number: what is built from them is the same for the same number.

/// Where the choices stand.
#[derive(Clone, Debug)]
pub struct Choices(pub u64);

/// What tells one number from the next in such a row.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Choices {
    /// The choices of one record among many of a sort: they depend on no other record.
    #[must_use]
    pub fn of_record(seed: u64, sort: u64, index: u64) -> Self {
        let mut choices = Self(seed ^ sort.wrapping_mul(STEP).rotate_left(32));
        let of_sort = choices.number();
        Self(of_sort ^ index.wrapping_mul(STEP))
    }

    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below this one; 0 where none is.
    #[must_use]
    pub fn number_below(&mut self, end: u64) -> u64 {
        self.number() % end.max(1)
    }

    /// As [`Self::number_below`], for places in a list.
    #[must_use]
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number_below(u64::try_from(end).unwrap())).unwrap()
    }

    /// A number from this one up to, and without, that one.
    #[must_use]
    pub fn between(&mut self, from: i64, until: i64) -> i64 {
        from + i64::try_from(self.number_below(u64::try_from(until - from).unwrap_or_default())).unwrap()
    }

    /// Whether the one of so many was chosen.
    #[must_use]
    pub fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    /// One of a list.
    #[must_use]
    pub fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}
