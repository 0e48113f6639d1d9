/// What services say to one another: messages from a bucket, topic or function to a function, topic
/// or queue, and how the other side accepts them.
@NullMarked
package io.carillon.messaging;

import org.jspecify.annotations.NullMarked;
