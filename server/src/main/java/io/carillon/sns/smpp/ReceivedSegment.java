package io.carillon.sns.smpp;

import java.time.Instant;

/// A short message as the built-in receiver took it in, or one part of a longer text.
///
/// @param reference tells the parts of one text from those of another
/// @param total how many parts there are; 1 for a text that is whole
/// @param number which one this is, from 1
public record ReceivedSegment(
    String from, String to, String text, int reference, int total, int number, Instant received) {}
