package io.carillon.bench;

/// The result, as a Markdown table.
final class Table {
  private final StringBuilder text =
      new StringBuilder("| what | Carillon | limit | ratio |\n| --- | --- | --- | --- |\n");

  void line(String what, String carillon, String limit, String ratio) {
    text.append("| ")
        .append(what)
        .append(" | ")
        .append(carillon)
        .append(" | ")
        .append(limit)
        .append(" | ")
        .append(ratio)
        .append(" |\n");
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
