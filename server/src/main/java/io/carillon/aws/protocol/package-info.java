/// AWS's wire protocols, over the SDK's model classes.
@NullMarked
package io.carillon.aws.protocol;

import org.jspecify.annotations.NullMarked;
