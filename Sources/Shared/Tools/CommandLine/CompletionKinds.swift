// The completions that shells offer for shared options: files with the usual extensions, and names.
import ArgumentParser

extension CompletionKind {
  /// Files of records.
  public static var streams: CompletionKind { .file(extensions: ["raw", "npy"]) }

  /// Models from fm-train and PyTorch.
  public static var models: CompletionKind { .file(extensions: ["safetensors", "st", "pth", "pt", "ckpt"]) }

  /// Predictions from fm-predict, and reports from fm-eval, which some commands accept instead.
  public static var predictions: CompletionKind { .file(extensions: ["tsv", "csv", "jsonl", "json", "raw"]) }

  /// Reports from fm-eval and logs from fm-train.
  public static var logs: CompletionKind { .file(extensions: ["jsonl", "json", "log"]) }

  /// Tables of names, labels or classes.
  public static var tables: CompletionKind { .file(extensions: ["tsv", "csv", "txt", "raw"]) }

  /// Names, and files if `orFile` is set.
  public static func list(_ names: [String], orFile: Bool) -> CompletionKind {
    .list(names + (orFile ? [CompletionScript.files] : []))
  }
}
