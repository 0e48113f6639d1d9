/// The pipeline of every request: find the service, verify the signature, find the operation,
/// authorize, run, respond.
@NullMarked
package io.carillon.aws.pipeline;

import org.jspecify.annotations.NullMarked;
