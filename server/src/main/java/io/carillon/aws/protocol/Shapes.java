package io.carillon.aws.protocol;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.utils.builder.Buildable;

/// The shapes of the SDK's model classes, computed on first use.
final class Shapes {
  private final Map<Class<?>, Shape> shapes = new ConcurrentHashMap<>();
  private final Map<Class<?>, MethodHandle> builders = new ConcurrentHashMap<>();
  private final Function<String, Naming> naming;
  private final RequiredMembers required;

  Shapes() {
    this(RequiredMembers.FROM_MODEL_CLASSES);
  }

  Shapes(RequiredMembers required) {
    this(required, _ -> Naming.AS_MODELLED);
  }

  /// @param naming by the simple name of the model class
  Shapes(RequiredMembers required, Function<String, Naming> naming) {
    this.required = required;
    this.naming = naming;
  }

  /// The shape of a model object or of its builder.
  Shape of(SdkPojo structure) {
    Shape known = shapes.get(structure.getClass());
    if (known != null) {
      return known;
    }
    Class<?> type = structure.getClass();
    Class<?> model = type.getEnclosingClass() == null ? type : type.getEnclosingClass();
    Shape shape =
        new Shape(structure.sdkFields(), naming.apply(model.getSimpleName()), required.in(model));
    shapes.put(type, shape);
    return shape;
  }

  /// A new builder of a model class.
  SdkPojo builder(Class<?> model) {
    try {
      return (SdkPojo) builders.computeIfAbsent(model, Shapes::builderMethod).invoke();
    } catch (Throwable e) {
      throw new IllegalStateException(model + " cannot be built", e);
    }
  }

  static SdkPojo build(SdkPojo builder) {
    return (SdkPojo) ((Buildable) builder).build();
  }

  private static MethodHandle builderMethod(Class<?> model) {
    try {
      Method method = model.getMethod("builder");
      return MethodHandles.publicLookup()
          .unreflect(method)
          .asType(MethodType.methodType(Object.class));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(model + " has no builder", e);
    }
  }
}
