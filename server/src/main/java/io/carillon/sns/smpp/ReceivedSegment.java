package io.carillon.sns.smpp;

import java.time.Instant;

/// A short message that the built-in receiver stored, or one part of a longer text.
///
/// @param reference tells the parts of one text from those of another
/// @param total the number of parts; 1 for a text in a single message
/// @param number of this part, from 1
public record ReceivedSegment(
    String from, String to, String text, int reference, int total, int number, Instant received) {}
