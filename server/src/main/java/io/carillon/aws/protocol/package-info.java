/// AWS's wire protocols, read and written over the SDK's model classes.
@NullMarked
package io.carillon.aws.protocol;

import org.jspecify.annotations.NullMarked;
