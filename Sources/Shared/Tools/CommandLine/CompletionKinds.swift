// What a shell offers for the options of several commands: files by the endings they usually have, and names.
import ArgumentParser

extension CompletionKind {
  /// Files of records.
  public static var streams: CompletionKind { .file(extensions: ["raw", "npy"]) }

  /// Models of fm-train and of PyTorch.
  public static var models: CompletionKind { .file(extensions: ["safetensors", "st", "pth", "pt", "ckpt"]) }

  /// What fm-predict writes, and reports of fm-eval, which some commands take in its place.
  public static var predictions: CompletionKind { .file(extensions: ["tsv", "csv", "jsonl", "json", "raw"]) }

  /// Reports of fm-eval and logs of fm-train.
  public static var logs: CompletionKind { .file(extensions: ["jsonl", "json", "log"]) }

  /// Tables of names, labels or classes.
  public static var tables: CompletionKind { .file(extensions: ["tsv", "csv", "txt", "raw"]) }

  /// What `--classes` takes: a data set, or a file of names.
  public static var classNames: CompletionKind { .list(["fashion-mnist", "mnist"], orFile: true) }

  /// Names, or a file.
  public static func list(_ names: [String], orFile: Bool) -> CompletionKind {
    .list(names + (orFile ? [CompletionScript.files] : []))
  }
}
